// A whole offline session at once: POST /api/v1/offline/bulk.
#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "api/key_gate.hpp"
#include "api/offline/item_results.hpp"
#include "api/offline/offline_routes.hpp"
#include "api/row_json.hpp"
#include "ingest/batch_answer.hpp"

namespace cellmon::api {
namespace {

std::string results_json(const std::vector<ItemResult>& results) {
    constexpr std::size_t kMostlyBytes = 96;  // Of one.
    std::string json = "[";
    json.reserve(results.size() * kMostlyBytes);
    for (const ItemResult& result : results) {
        if (json.size() > 1) json += ',';
        event::JsonObject object(json);
        object.number("index", result.index);
        object.text("outcome", name_of(result.outcome));
        if (!result.event_id.empty()) object.text("event_id", result.event_id);
        if (!result.is_in()) {
            object.text("field", result.field);
            object.text("reason", result.reason);
        }
        object.end();
    }
    return json + ']';
}

/// 200 whatever became of them: the client knows from each result what to forget and what to show.
http::Response bulk_answer(const ingest::Ingest::Taken& taken) {
    const auto results = item_results(taken);
    const auto count = [&](ItemOutcome outcome) {
        return static_cast<std::int64_t>(
            std::ranges::count(results, outcome, &ItemResult::outcome));
    };
    std::string streams;
    ingest::append_streams(streams, taken.streams);
    const auto in = std::ranges::count_if(results, &ItemResult::is_in);
    return http::json_response(
        200, RowJson()
                 .text("message", fmt::format("{}/{} events are stored", in, results.size()))
                 .put("total_events", static_cast<std::int64_t>(results.size()))
                 .put("stored", count(ItemOutcome::stored))
                 .put("duplicates", count(ItemOutcome::duplicate))
                 .put("conflicts", count(ItemOutcome::conflict))
                 .put("refused", count(ItemOutcome::refused))
                 .json("results", results_json(results))
                 .json("streams", streams)
                 .end());
}

/// The list of `{"events": […]}`; any other body as it is. What simdjson cannot read, the decoder
/// of events repairs or names.
std::string events_in(std::string body) {
    const auto first = body.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || body[first] != '{') return body;
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    simdjson::dom::array events;
    if (parser.parse(body).get(object) != simdjson::SUCCESS) return body;
    if (object["events"].get(events) != simdjson::SUCCESS) return body;
    return simdjson::minify(events);
}

void take_session(const OfflineParts& parts, http::Request&& request, http::Responder responder) {
    const auto form = ingest::Ingest::form_of(request);
    if (!form) return responder.send(ingest::Ingest::not_json());
    const std::string class_code(class_of_key(request));
    std::string body = std::move(request.body);
    if (*form == event::BodyForm::json) body = events_in(std::move(body));
    parts.ingest.take({std::move(body), *form, class_code, true}, std::move(responder),
                      bulk_answer);
}

}  // namespace

void add_offline_bulk_routes(http::Router& router, const OfflineParts& parts) {
    Mount<OfflineParts>(router, parts)(http::Method::post, "/api/v1/offline/bulk", take_session);
}

void add_offline_routes(http::Router& router, const OfflineParts& parts) {
    add_offline_bulk_routes(router, parts);
    add_offline_queue_routes(router, parts);
}

}  // namespace cellmon::api
