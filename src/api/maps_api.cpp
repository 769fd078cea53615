// Maps of the classroom, and where teams sit on them (contract §3.9).
#include <cmath>

#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/form.hpp"
#include "api/map_json.hpp"
#include "api/map_routes.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"
#include "classroom/limits.hpp"
#include "classroom/maps.hpp"

namespace cellmon::api {
namespace {

using classroom::Map;
using classroom::TeamPosition;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::string_view kNoMap = "Classroom map not found";

std::string map_subject(std::int64_t id) {
    return fmt::format("map {}", id);
}

/// Who says to have done it; whoever logged in, when nobody says.
std::optional<std::string> author(std::optional<std::string> said, const Visit& visit) {
    if (said || visit.caller() == nullptr) return said;
    return visit.caller()->account.email;
}

void read_active(const MapParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto active, classroom::active_map(visit.connection));
        return content_answer(visit, map_view_json(active));
    });
}

void list_maps(const MapParts& parts, Request&& request, Responder responder) {
    const auto limit = query_number(request, "limit", 10, 1, classroom::kMostMaps);
    if (!limit) return responder.send(limit.error());
    look(parts, std::move(request), std::move(responder),
         [limit = *limit](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto maps, classroom::list_maps(visit.connection, limit));
             return content_answer(visit, maps_json(maps));
         });
}

void create_default(const MapParts& parts, Request&& request, Responder responder) {
    const auto form = Form::of(request);
    if (!form) return responder.send(form.error());
    Issues issues;
    auto said = form->line("instructor_id", classroom::kMapAuthor, issues);
    if (issues.any()) return responder.send(issues.refusal());
    change(parts, std::move(request), std::move(responder),
           [said = std::move(said)](Visit& visit) -> RowAnswer {
               Map map;
               map.uploaded_by = author(said, visit);
               CELLMON_TRY_ASSIGN(const auto id,
                                  classroom::add_map(visit.connection, map, "", visit.now));
               CELLMON_TRY(visit.note("map.create", map_subject(id), "without an image"));
               CELLMON_TRY_ASSIGN(const auto made, classroom::find_map(visit.connection, id));
               return answered(http::json_response(200, map_view_json(made)));
           });
}

struct Places {
    std::vector<TeamPosition> list;
    std::optional<std::string> updated_by;
};

double two_decimals(double value) {
    return std::round(value * 100) / 100;
}

tl::expected<Places, Response> read_places(const Request& request) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Places places;
    for (auto& [team, place] :
         fields->named_objects("positions", classroom::kMostPositions, classroom::kTeamName)) {
        const auto x = place.real("x", 0, classroom::kMostPosition);
        const auto y = place.real("y", 0, classroom::kMostPosition);
        TeamPosition position;
        position.team_name = team;
        position.x = two_decimals(x.value_or(0));
        position.y = two_decimals(y.value_or(0));
        places.list.push_back(std::move(position));
    }
    places.updated_by = fields->nullable_text("updated_by", classroom::kMapAuthor).value;
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return places;
}

Response too_many_positions() {
    Issues issues;
    issues.add(
        "value_error", R"("body","positions")",
        fmt::format("Value error, a map has {} positions at most", classroom::kMostPositions),
        "{}");
    return issues.refusal();
}

std::string placed_json(const std::vector<TeamPosition>& places) {
    std::string teams = "[";
    for (const TeamPosition& place : places) {
        if (teams.size() > 1) teams += ',';
        event::append_json_string(teams, place.team_name);
    }
    teams += ']';
    return RowJson()
        .truth("success", true)
        .text("message", "Team positions updated successfully")
        .json("updated_teams", teams)
        .end();
}

void place_teams(const MapParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, "map_id", kNoMap);
    if (!id) return responder.send(id.error());
    auto read = read_places(request);
    if (!read) return responder.send(std::move(read).error());
    change(parts, std::move(request), std::move(responder),
           [id = *id, places = std::move(*read)](Visit& visit) mutable -> RowAnswer {
               CELLMON_TRY_ASSIGN(const auto map, classroom::find_map(visit.connection, id));
               if (!map) return refused(404, kNoMap);
               const auto by = author(places.updated_by, visit);
               for (TeamPosition& place : places.list)
                   place.updated_by = by;
               CELLMON_ROWS(classroom::place_teams(visit.connection, id, places.list, visit.now),
                            ErrorCode::limit, refused(too_many_positions()));
               CELLMON_TRY(visit.note("map.positions", map_subject(id),
                                      fmt::format("{} teams", places.list.size())));
               return answered(http::json_response(200, placed_json(places.list)));
           });
}

void remove_map(const MapParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, "map_id", kNoMap);
    if (!id) return responder.send(id.error());
    change(parts, std::move(request), std::move(responder), [id = *id](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto map, classroom::find_map(visit.connection, id));
        if (!map) return refused(404, kNoMap);
        CELLMON_TRY(classroom::remove_map(visit.connection, id));
        CELLMON_TRY(visit.note("map.delete", map_subject(id), map->original_filename.value_or("")));
        return answered(
            http::json_response(200, RowJson()
                                         .truth("success", true)
                                         .text("message", "Classroom map deleted successfully")
                                         .end()));
    });
}

}  // namespace

void add_maps_routes(http::Router& router, const MapParts& parts) {
    Mount mount(router, parts);
    mount(Method::get, "/api/v1/classroom/map", read_active);
    mount(Method::get, "/api/v1/classroom/maps", list_maps);
    mount(Method::post, "/api/v1/classroom/map/create-default", create_default);
    mount(Method::put, "/api/v1/classroom/map/{map_id}/positions", place_teams);
    mount(Method::delete_, "/api/v1/classroom/map/{map_id}", remove_map);
}

}  // namespace cellmon::api
