#include "api/dashboard_api.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "api/dashboard_json.hpp"
#include "api/gate.hpp"
#include "event/json_object.hpp"
#include "http/response.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;

/// How long an action may take to be shown, once it is durable, before it is answered anyway.
constexpr std::chrono::milliseconds kShowTimeout{1'000};

struct Range {
    std::string_view name;
    store::TimeRange range;
};

/// Any text but these two stands for a week, as it always did.
Range range_of(const Request& request) {
    const auto name = request.query_value("time_range").value_or("1h");
    if (name == "1h") return {"1h", store::TimeRange::hour};
    if (name == "24h") return {"24h", store::TimeRange::day};
    return {"7d", store::TimeRange::week};
}

/// Of the store, or of an action: nothing was done, and the same request may succeed later.
http::Response try_again(const Error& error) {
    return http::unavailable_response(error.message);
}

http::Response no_such_student() {
    return http::error_response(404, "Student not found");
}

http::Response done_response(std::string_view message, std::string_view email) {
    std::string json;
    event::JsonObject object(json);
    object.boolean("success", true);
    object.text("message", message);
    object.text("emailAddress", email);
    object.end();
    return http::json_response(200, std::move(json));
}

/// Has the worker make the answer, or answers 503 when too many wait for it.
template <typename Make>
void answer_by_worker(Worker& worker, Responder responder, Make make) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    const bool queued = worker.post([shared, make = std::move(make)] { shared->send(make()); });
    if (!queued) shared->send(http::unavailable_response("too many requests for the history"));
}

live::SightPtr sight_of(const DashboardParts& parts, const Request& request) {
    return parts.sights.of(caller_if_any(request));
}

/// Which events of the store somebody with that sight may know of.
store::Counts counted_by(const live::SightPtr& sight) {
    if (!sight) return {};
    return [sight](std::string_view email, std::string_view class_code) {
        return sight->sees(email, class_code);
    };
}

/// Null for one who is not there, or whom the caller may not see.
live::StudentPicturePtr find_student(const DashboardParts& parts, const Request& request) {
    auto student = parts.picture()->find(request.path_value("email"));
    if (student && !live::sees(sight_of(parts, request), student->view)) student = nullptr;
    return student;
}

/// To whom not everybody is shown, a student who is not there and one who is not theirs are the
/// same.
bool is_hidden(const DashboardParts& parts, const Request& request) {
    return sight_of(parts, request) && !find_student(parts, request);
}

void answer_overview(const DashboardParts& parts, const Request& request, Responder responder) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    const live::SightPtr sight = sight_of(parts, request);
    const live::PicturePtr picture = live::seen(parts.picture(), sight);
    parts.overview.get({range_of(request).range, picture, sight},
                       [&parts, picture, shared](const OverviewHistory::Parts& history) {
                           shared->send(http::json_response(
                               200, overview_json({*picture, *history.cells, *history.chart,
                                                   parts.clock.now_us()})));
                       });
}

void answer_activity(const DashboardParts& parts, const Request& request, Responder responder) {
    const live::StudentPicturePtr student = find_student(parts, request);
    if (!student) return responder.send(no_such_student());
    answer_by_worker(parts.worker, std::move(responder),
                     [&parts, student, counts = counted_by(sight_of(parts, request))] {
                         const auto history = parts.history.student(student->view.email, counts);
                         if (!history) return try_again(history.error());
                         return http::json_response(
                             200, activity_json(student->view, *history, parts.clock.now_us()));
                     });
}

void answer_metrics(const DashboardParts& parts, const Request& request, Responder responder) {
    answer_by_worker(
        parts.worker, std::move(responder),
        [&parts, range = range_of(request), sight = sight_of(parts, request)] {
            const TimeUs now = parts.clock.now_us();
            const store::Counts counts = counted_by(sight);
            const auto totals = parts.history.totals(range.range, now, counts);
            if (!totals) return try_again(totals.error());
            const auto sessions = parts.history.sessions_since(now - kSessionActiveUs + 1, counts);
            if (!sessions) return try_again(sessions.error());
            const std::uint64_t students = live::seen(parts.picture(), sight)->all.students;
            return http::json_response(200,
                                       metrics_json(range.name, students, *sessions, *totals, now));
        });
}

/// Answers when the sequence of the action is shown.
live::InstructorActions::Done answer_when_shown(const DashboardParts& parts, Responder responder,
                                                std::string message, std::string email,
                                                bool unknown_is_fine) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    return [&parts, shared, message = std::move(message), email = std::move(email),
            unknown_is_fine](const Result<std::uint64_t>& sequence) {
        const auto done = [shared, message, email] { shared->send(done_response(message, email)); };
        if (sequence) return parts.waiters.when_shown(*sequence, kShowTimeout, done);
        if (sequence.error().code != ErrorCode::not_found) {
            return shared->send(try_again(sequence.error()));
        }
        unknown_is_fine ? done() : shared->send(no_such_student());
    };
}

std::string connections_json(const std::vector<LegacySockets::Connection>& connections) {
    std::string ids = "[";
    std::string details = "[";
    for (const auto& connection : connections) {
        const std::string id = fmt::format("dashboard_{}", connection.number);
        fmt::format_to(std::back_inserter(ids), R"({}"{}")", ids == "[" ? "" : ",", id);
        fmt::format_to(std::back_inserter(details),
                       R"({}{{"client_id":"{}","type":"dashboard","room":"dashboard",)"
                       R"("user_id":null,"connected_duration_seconds":{:.3f}}})",
                       details == "[" ? "" : ",", id,
                       static_cast<double>(connection.open_us) / 1'000'000.0);
    }
    return fmt::format(R"({{"connected_clients":{0},"connection_ids":{1}],)"
                       R"("total_system_connections":{0},"connections_by_type":{{"student":0,)"
                       R"("instructor":0,"dashboard":{0},"admin":0}},)"
                       R"("dashboard_connections":{2}]}})",
                       connections.size(), ids, details);
}

}  // namespace

void add_dashboard_routes(http::Router& router, const DashboardParts& given) {
    const auto parts = std::make_shared<const DashboardParts>(given);
    const std::string base = "/api/v1/dashboard";
    router.add(http::Method::get, base + "/overview",
               [parts](Request&& request, Responder responder) {
                   answer_overview(*parts, request, std::move(responder));
               });
    router.add(http::Method::get, base + "/students/{email}/activity",
               [parts](Request&& request, Responder responder) {
                   answer_activity(*parts, request, std::move(responder));
               });
    router.add(http::Method::get, base + "/metrics",
               [parts](Request&& request, Responder responder) {
                   answer_metrics(*parts, request, std::move(responder));
               });
    router.add(http::Method::get, base + "/ws/dashboard/status",
               [parts](Request&& /*request*/, Responder responder) {
                   responder.send(
                       http::json_response(200, connections_json(parts->sockets.connections())));
               });
    if (parts->actions == nullptr) return;
    router.add(http::Method::post, base + "/students/{email}/dismiss-help",
               [parts](Request&& request, Responder responder) {
                   const std::string& email = request.path_value("email");
                   if (is_hidden(*parts, request)) return responder.send(no_such_student());
                   parts->actions->dismiss_help(
                       email, answer_when_shown(*parts, std::move(responder),
                                                "Help request dismissed", email, true));
               });
    router.add(http::Method::post, base + "/students/{email}/resolve-error",
               [parts](Request&& request, Responder responder) {
                   const std::string& email = request.path_value("email");
                   if (is_hidden(*parts, request)) return responder.send(no_such_student());
                   parts->actions->resolve_error(
                       email, answer_when_shown(*parts, std::move(responder), "Errors resolved",
                                                email, false));
               });
}

}  // namespace cellmon::api
