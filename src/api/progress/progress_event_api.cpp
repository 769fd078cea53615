// Events of progress (contract §3.15): each becomes an event of the journal like any other, and is
// answered when that is durable.
#include <algorithm>
#include <array>
#include <utility>

#include "api/body_fields.hpp"
#include "api/class_input.hpp"
#include "api/free_json.hpp"
#include "api/gate.hpp"
#include "api/parameters.hpp"
#include "api/progress/progress_routes.hpp"
#include "api/refusals.hpp"
#include "api/row_json.hpp"
#include "ingest/batch_answer.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

constexpr std::size_t kMostEventBytes = 1U << 20U;
constexpr classroom::TextLimit kUser{1, 320};
// So that it fits into progress::kMostAssignmentIdBytes.
constexpr classroom::TextLimit kAssignment{1, 128};
constexpr classroom::TextLimit kCell{1, 256};

/// Whom and what the query names.
struct Named {
    std::string user_id;
    std::string assignment_id;
    std::string cell_id;
    bool by_student = false;  ///< Who asks is that student.
};

struct Defaults {
    std::optional<std::string_view> user_id;
    std::optional<std::string_view> assignment_id;
    std::optional<std::string_view> cell_id;
};

using NamedOrAnswer = tl::expected<Named, Response>;

NamedOrAnswer named_by(const ProgressParts& parts, const Request& request,
                       const Defaults& defaults) {
    auto user_id = query_line(request, "user_id", kUser, defaults.user_id);
    if (!user_id) return tl::unexpected(std::move(user_id).error());
    auto assignment_id = query_line(request, "assignment_id", kAssignment, defaults.assignment_id);
    if (!assignment_id) return tl::unexpected(std::move(assignment_id).error());
    auto cell_id = query_line(request, "cell_id", kCell, defaults.cell_id);
    if (!cell_id) return tl::unexpected(std::move(cell_id).error());
    const ProgressViewer viewer = viewer_of(parts, request);
    // A student is who they are, however their address is spelled.
    const bool is_own = viewer.student() && viewer.may_speak_for(*user_id);
    if (is_own) user_id = *viewer.student();
    if (!is_own && viewer.student()) return tl::unexpected(no_progress(*user_id));
    if (!viewer.may_speak_for(*user_id)) return tl::unexpected(not_allowed());
    return Named{std::move(*user_id), std::move(*assignment_id), std::move(*cell_id), is_own};
}

/// The event with these behind its own fields: of several members with one name the last counts.
std::string with_names(std::string event, const Named& named) {
    event.pop_back();
    if (event.size() > 1) event += ',';
    RowJson names;
    names.text("emailAddress", named.user_id)
        .text("assignmentId", named.assignment_id)
        .text("cellId", named.cell_id);
    // Only a key lets somebody into a class; theirs is that of the roster.
    if (named.by_student) names.put("classCode", std::optional<std::string>());
    return event + names.end().substr(1);
}

/// An answer when the event is in the journal, or why it is not.
ingest::Ingest::MakeAnswer answer_stored(Response stored) {
    return [stored = std::move(stored)](const ingest::Ingest::Taken& taken) {
        if (taken.batch.events.empty()) {
            const auto& refused = taken.batch.refused.front();
            Issues issues;
            std::string place = R"("body",)";
            event::append_json_string(place, refused.field);
            issues.add("value_error", refused.field.empty() ? R"("body")" : place, refused.reason,
                       "null");
            return issues.refusal();
        }
        if (taken.entries.front().outcome == journal::Outcome::conflict) {
            return http::error_response(409, ingest::conflict_reason());
        }
        return stored;
    };
}

void process_event(const ProgressParts& parts, Request&& request, Responder responder) {
    if (auto refusal = too_large(request, kMostEventBytes)) return responder.send(*refusal);
    auto named = named_by(parts, request, {});
    if (!named) return responder.send(std::move(named).error());
    auto event = free_object(request);
    if (!event) return responder.send(std::move(event).error());
    Response stored =
        http::json_response(202, RowJson()
                                     .text("message", "Progress event processed")
                                     .text("user_id", named->user_id)
                                     .text("assignment_id", named->assignment_id)
                                     .text("cell_id", named->cell_id)
                                     .offset_time("processed_at", parts.clock.now_us())
                                     .end());
    parts.ingest.take({with_names(std::move(*event), *named), event::BodyForm::json, {}, false},
                      std::move(responder), answer_stored(std::move(stored)));
}

std::string simulated(const ProgressParts& parts, const Named& named, std::string_view type) {
    constexpr double kDurationMs = 150;
    RowJson json;
    json.text("eventId", parts.random.id().to_string())
        .text("eventType", type)
        .time("eventTime", parts.clock.now_us())
        .text("emailAddress", named.user_id)
        .text("assignmentId", named.assignment_id)
        .text("cellId", named.cell_id)
        .text("cellType", "code")
        .text("code", "print('simulated')");
    if (type == "cell_execution_complete") {
        json.text("result", "simulated").real("executionDurationMs", kDurationMs);
    }
    if (type == "cell_execution_error") {
        json.truth("hasError", true)
            .text("errorName", "SimulatedError")
            .text("errorMessage", "SimulatedError: simulated");
    }
    return json.json("metadata", R"({"simulated":true})").end();
}

void simulate_event(const ProgressParts& parts, Request&& request, Responder responder) {
    constexpr std::array<std::string_view, 3> kTypes{
        "cell_execution_complete", "cell_execution_start", "cell_execution_error"};
    const auto type = request.query_value("event_type").value_or(kTypes.front());
    if (std::ranges::find(kTypes, type) == kTypes.end()) {
        return responder.send(query_refusal(
            "enum", "event_type",
            "Input should be cell_execution_start, cell_execution_complete or cell_execution_error",
            type));
    }
    const auto named = named_by(parts, request, {"test_user", "test_assignment", "test_cell"});
    if (!named) return responder.send(named.error());
    const std::string event = simulated(parts, *named, type);
    Response stored =
        http::json_response(202, RowJson()
                                     .text("message", "Event simulated")
                                     .json("simulated_event", event)
                                     .offset_time("simulated_at", parts.clock.now_us())
                                     .end());
    parts.ingest.take({event, event::BodyForm::json, {}, false}, std::move(responder),
                      answer_stored(std::move(stored)));
}

}  // namespace

void add_progress_event_routes(http::Router& router, const ProgressParts& parts) {
    Mount<ProgressParts> mount(router, parts);
    mount(http::Method::post, "/api/v1/progress/process-event", process_event);
    mount(http::Method::post, "/api/v1/progress/simulate-event", simulate_event);
}

}  // namespace cellmon::api
