// Reports that come by POST: a student's, which becomes an event, or this machine's.
#include <memory>

#include <simdjson.h>
#include <tl/expected.hpp>

#include "api/class_input.hpp"
#include "api/environments/environment_answers.hpp"
#include "api/gate.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"
#include "classroom/classes.hpp"
#include "classroom/limits.hpp"
#include "classroom/rosters.hpp"
#include "classroom/students.hpp"
#include "event/body_error.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

Response created(unsigned status, std::string_view message, const EnvironmentPair& pair) {
    return http::json_response(status,
                               RowJson()
                                   .text("message", message)
                                   .text("snapshot_id", pair.current.snapshot_id)
                                   .json("snapshot", environment_json(pair))
                                   .real("collection_time_ms", pair.current.collection_ms)
                                   .put("changed_packages_count",
                                        static_cast<std::int64_t>(pair.changed_packages().size()))
                                   .end());
}

Response body_fault(std::string_view type, std::string_view message) {
    Issues issues;
    issues.add(type, R"("body")", message, "null");
    return issues.refusal();
}

/// The report of a body: its `environment`, or itself; the refusal of what is no JSON, or no
/// object.
tl::expected<std::string, Response> report_in(const std::string& body) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (const auto error = parser.parse(body).get(root); error != simdjson::SUCCESS) {
        const auto broken = event::broken_json(body, error == simdjson::DEPTH_ERROR);
        return tl::unexpected(
            http::error_response_json(static_cast<unsigned>(broken.status), broken.detail_json));
    }
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS) {
        return tl::unexpected(body_fault("dict_type", "Input should be a valid dictionary"));
    }
    simdjson::dom::object inner;
    if (object["environment"].get(inner) == simdjson::SUCCESS) return simdjson::minify(inner);
    return simdjson::minify(object);
}

struct NewReport {
    std::string event_id;
    std::string report;
    std::string event;  ///< As a client would have posted it.
};

NewReport event_of(const EnvironmentParts& parts, const Request& request,
                   const std::string& student, std::string report) {
    NewReport made;
    made.event_id = parts.random.id().to_string();
    made.report = std::move(report);
    RowJson json;
    json.text("eventId", made.event_id)
        .text("eventType", "environment")
        .time("eventTime", parts.clock.now_us())
        .text("emailAddress", student);
    if (const auto path = request.query_value("notebook_path")) json.text("notebookPath", *path);
    if (const auto cell = request.query_value("cell_id")) json.text("cellId", *cell);
    if (const auto code = request.query_value("class_code")) json.text("classCode", *code);
    made.event = json.json("environment", made.report).end();
    return made;
}

/// Only a key lets somebody into a class by its name; a student's token names those of their
/// roster.
std::optional<Response> class_refusal(const EnvironmentParts& parts, std::string_view student,
                                      std::string_view class_code) {
    const auto is_theirs = parts.database.read([&](sql::Connection& connection) -> Result<bool> {
        CELLMON_TRY_ASSIGN(const auto row, classroom::find_class_by_code(connection, class_code));
        CELLMON_TRY_ASSIGN(const auto pupil, classroom::find_student(connection, student));
        if (!row || !pupil) return false;
        return classroom::is_on_roster(connection, row->id, pupil->id);
    });
    if (!is_theirs) return store_refusal(is_theirs.error());
    if (!*is_theirs) return http::error_response(404, "Class not found");
    return std::nullopt;
}

/// The class that a student names by a token; nullopt: none, or nobody's word is doubted.
std::optional<std::string> class_to_check(const Request& request) {
    const auth::Caller* caller = caller_if_any(request);
    const auto code = request.query_value("class_code");
    if (caller == nullptr || caller->account.role != classroom::Role::student || !code)
        return std::nullopt;
    return std::string(*code);
}

/// What the student said before; the report itself is an event like any other, and is answered when
/// that is durable.
void take_report(const EnvironmentParts& parts, Request&& request, Responder responder,
                 const EnvironmentSubject& subject) {
    if (auto refusal = too_large(request, kRowBodyBytes)) return responder.send(*refusal);
    // Without a student it is the machine that is looked at, so the document cannot ask for a body.
    if (request.body.empty()) {
        return responder.send(
            body_fault("value_error", "Value error, the report of a student is the body"));
    }
    auto report = report_in(request.body);
    if (!report) return responder.send(report.error());
    auto made =
        std::make_shared<NewReport>(event_of(parts, request, *subject.student, std::move(*report)));
    auto due = std::make_shared<Responder>(std::move(responder));
    const bool queued = parts.worker.post(
        [&parts, made, due, student = *subject.student, class_code = class_to_check(request)] {
            if (class_code) {
                if (auto refusal = class_refusal(parts, student, *class_code))
                    return due->send(std::move(*refusal));
            }
            const auto before = parts.history.environments(student, {});
            EnvironmentPair pair;
            pair.current.snapshot_id = made->event_id;
            pair.current.captured_us = parts.clock.now_us();
            pair.current.report = environment::parse_report(made->report);
            // The store may be away or behind: then nothing is known to compare with.
            if (before && !before->empty()) pair.previous = snapshot_of(before->front());
            parts.threads.post(due->thread(), [&parts, made, due, pair = std::move(pair)] {
                parts.ingest.take({made->event, event::BodyForm::json, {}, false}, std::move(*due),
                                  [pair](const ingest::Ingest::Taken& taken) {
                                      if (taken.batch.events.empty()) {
                                          const auto& refused = taken.batch.refused.front();
                                          return body_fault("value_error", refused.reason);
                                      }
                                      return created(201, "Environment report stored", pair);
                                  });
            });
        });
    if (!queued) due->send(http::unavailable_response("too many requests at once"));
}

void take_snapshot(const EnvironmentParts& parts, Request&& request, Responder responder) {
    struct Limited {
        std::string_view name;
        classroom::TextLimit limit;
    };
    for (const Limited& one :
         {Limited{"notebook_path", classroom::kNotebookPath}, Limited{"cell_id", {1, 256}},
          Limited{"class_code", classroom::kClassCode}}) {
        const auto text = query_line(request, one.name, one.limit, "");
        if (!text) return responder.send(text.error());
    }
    const auto count = query_number(request, "execution_count", 0, 0, 1U << 31U);
    if (!count) return responder.send(count.error());
    const auto full = query_truth(request, "force_full_collection");
    if (!full) return responder.send(full.error());
    const auto subject = environment_subject(parts, request);
    if (!subject) return responder.send(subject.error());
    if (subject->student) {
        const auth::Caller* caller = caller_if_any(request);
        const bool speaks_for_itself =
            caller == nullptr || caller->account.role == classroom::Role::admin ||
            http::equal_ignoring_case(caller->account.email, *subject->student);
        if (!speaks_for_itself) return responder.send(not_allowed());
        return take_report(parts, std::move(request), std::move(responder), *subject);
    }
    if (auto refusal = too_large(request, kRowBodyBytes)) return responder.send(*refusal);
    if (!request.body.empty()) {
        if (const auto report = report_in(request.body); !report) {
            return responder.send(report.error());
        }
    }
    answer_of(parts, std::move(request), std::move(responder), true,
              [](const EnvironmentSubject&, const EnvironmentPair& pair, const Request&) {
                  return created(201, "Environment snapshot created successfully", pair);
              });
}

}  // namespace

void add_environment_report_routes(http::Router& router, const EnvironmentParts& parts) {
    EnvironmentMount(router, parts)(http::Method::post, environment_path("snapshot"),
                                    take_snapshot);
}

}  // namespace cellmon::api
