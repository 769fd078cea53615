#include "api/projections_api.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"
#include "http/response.hpp"

namespace cellmon::api {
namespace {

void append_status(std::string& json, const projection::ProjectionStatus& status) {
    json += R"({"name":)";
    http::append_json_string(json, status.name);
    fmt::format_to(
        std::back_inserter(json),
        R"(,"state":"{}","rebuilding":{},"alarm":{},"cursor":{{"journalId":"{}","epoch":{},)"
        R"("sequence":{},"chain":"{:016x}"}},"durableSequence":{},"lagEvents":{},)"
        R"("lagSeconds":{:.3f},"eventsPerSecond":{:.1f},"batches":{},"failures":{},)"
        R"("deadLetters":{},"lastError":)",
        projection::name_of(status.state), status.rebuilding, status.alarm,
        status.cursor.journal_id.to_string(), status.cursor.epoch, status.cursor.sequence,
        status.cursor.chain, status.durable_sequence, status.lag_events, status.lag_seconds,
        status.events_per_second, status.batches.all, status.failures, status.dead_letters);
    if (status.last_error.empty()) {
        json += R"(null,"lastErrorTime":null})";
    } else {
        http::append_json_string(json, status.last_error);
        json += fmt::format(R"(,"lastErrorTime":"{}"}})", format_time(status.last_error_us));
    }
}

void append_time(std::string& json, TimeUs time_us) {
    json += time_us == 0 ? "null" : fmt::format(R"("{}")", format_time(time_us));
}

void append_audit(std::string& json, const audit::AuditStatus& status) {
    json += R"({"store":)";
    http::append_json_string(json, status.store);
    json += R"(,"clean":)";
    json += !status.clean ? "null" : *status.clean ? "true" : "false";
    json += fmt::format(R"(,"depth":"{}","differences":{},"throughSequence":{},"checked":)",
                        status.depth == audit::Depth::deep ? "deep" : "quick", status.differences,
                        status.through);
    append_time(json, status.checked_us);
    json += R"(,"lastError":)";
    if (status.last_error.empty()) {
        json += "null}";
    } else {
        http::append_json_string(json, status.last_error);
        json += '}';
    }
}

}  // namespace

void add_projections_routes(http::Router& router, ProjectionStatuses statuses,
                            AuditStatuses audits) {
    router.add(http::Method::get, "/api/v1/projections",
               [statuses = std::move(statuses), audits = std::move(audits)](
                   http::Request&&, http::Responder responder) {
                   std::string json = R"({"projections":[)";
                   for (const auto& status : statuses()) {
                       if (json.back() != '[') json += ',';
                       append_status(json, status);
                   }
                   json += R"(],"audits":[)";
                   for (const auto& status : audits()) {
                       if (json.back() != '[') json += ',';
                       append_audit(json, status);
                   }
                   responder.send(http::json_response(200, json + "]}"));
               });
}

}  // namespace cellmon::api
