// Teams: what students are grouped by, known by their names as events have them.
#include <fmt/format.h>

#include "api/class_resource.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Team;
using Presence = BodyFields::Presence;

struct TeamInput {
    std::optional<std::string> team_name;
    Nullable<std::string> description;

    static TeamInput read(BodyFields& fields, Presence presence) {
        TeamInput input;
        input.team_name = fields.line("team_name", presence, classroom::kTeamName);
        input.description = fields.nullable_text("description", classroom::kDescription);
        return input;
    }

    void apply(Team& row) const {
        if (team_name) row.team_name = *team_name;
        description.apply(row.description);
    }
};

std::string team_subject(std::int64_t id) {
    return fmt::format("team {}", id);
}

http::Response taken(const Team& row) {
    return http::error_response(409, fmt::format("Team '{}' already exists", row.team_name));
}

struct TeamKind {
    using Input = TeamInput;
    using Filter = NoFilter;
    static constexpr std::string_view kPath = "/api/v1/teams";
    static constexpr std::string_view kId = "team_id";
    static constexpr std::string_view kWhat = "Team";
    static constexpr bool kSaysWhoSees = false;

    static Result<std::vector<Team>> list(const Visit& visit, NoFilter, sql::Page page) {
        return classroom::list_teams(visit.connection, page);
    }

    /// Nobody changes one that students of others are in.
    static Found<Team> find(const Visit& visit, std::int64_t id, Use use) {
        CELLMON_TRY_ASSIGN(auto row, classroom::find_team(visit.connection, id));
        if (!row) return missing<Team>(kWhat, id);
        if (use != Use::read && !visit.may_everything()) {
            CELLMON_TRY_ASSIGN(const bool others, classroom::team_is_used_by_others(
                                                      visit.connection, id, *visit.account_id()));
            if (others) return barred<Team>(not_allowed());
        }
        return std::move(*row);
    }

    static RowAnswer add(const Visit& visit, const Input& input) {
        Team row;
        input.apply(row);
        const auto id = classroom::add_team(visit.connection, row, visit.now);
        CELLMON_ROWS(id, ErrorCode::already_exists, refused(taken(row)));
        CELLMON_TRY(visit.note("team.create", team_subject(*id)));
        CELLMON_TRY_ASSIGN(const auto made, classroom::find_team(visit.connection, *id));
        return written_answer(201, *made);
    }

    static RowAnswer store(const Visit& visit, Team row, const Input& input) {
        input.apply(row);
        CELLMON_ROWS(classroom::store_team(visit.connection, row, visit.now),
                     ErrorCode::already_exists, refused(taken(row)));
        CELLMON_TRY(visit.note("team.update", team_subject(row.id)));
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_team(visit.connection, row.id));
        return written_answer(200, *stored);
    }

    static RowAnswer remove(const Visit& visit, const Team& row) {
        CELLMON_ROWS(classroom::remove_team(visit.connection, row.id), ErrorCode::reference,
                     refused(409, fmt::format("Team with id {} has students", row.id)));
        CELLMON_TRY(visit.note("team.delete", team_subject(row.id), row.team_name));
        return answered(http::json_response(200, json_of(row)));
    }
};

}  // namespace

void add_teams_routes(http::Router& router, const ClassParts& parts) {
    ClassResource<TeamKind>::add_routes(router, parts);
}

}  // namespace cellmon::api
