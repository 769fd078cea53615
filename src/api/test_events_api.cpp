#include "api/test_events_api.hpp"

#include <fmt/format.h>

#include "api/body_fields.hpp"
#include "api/class_input.hpp"
#include "api/free_json.hpp"
#include "api/parameters.hpp"
#include "api/refusals.hpp"
#include "api/row_answer.hpp"
#include "api/row_json.hpp"
#include "classroom/test_events.hpp"

namespace cellmon::api {
namespace {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;

constexpr std::size_t kMostBodyBytes = 1U << 20U;
constexpr std::size_t kMostEvents = 200;  ///< In one request, as of events of the journal.
constexpr std::size_t kMostEventBytes = 64U << 10U;

Response no_events(std::string_view test_id) {
    return http::error_response(404, fmt::format("No events found for test_id: {}", test_id));
}

Response fault(std::string_view loc, std::string_view message) {
    Issues issues;
    issues.add("value_error", loc, message, "null");
    return issues.refusal();
}

using EventsOrAnswer = tl::expected<std::vector<std::string>, Response>;

EventsOrAnswer events_in(const Request& request) {
    if (auto refusal = too_large(request, kMostBodyBytes)) {
        return tl::unexpected(std::move(*refusal));
    }
    auto events = free_objects(request, kMostEvents);
    if (!events) return events;
    for (std::size_t i = 0; i < events->size(); ++i) {
        if ((*events)[i].size() <= kMostEventBytes) continue;
        return tl::unexpected(
            fault(fmt::format(R"("body",{})", i), "The event has more than 64 KiB"));
    }
    return events;
}

tl::expected<std::string, Response> test_id_of(const Request& request) {
    const std::string& test_id = request.path_value("test_id");
    if (!is_line(test_id, classroom::kTestId)) {
        return tl::unexpected(
            fault(R"("path","test_id")", "It should have 1 to 200 characters of one line"));
    }
    return test_id;
}

void store_test_events(const RowParts& parts, Request&& request, Responder responder) {
    const auto test_id = test_id_of(request);
    if (!test_id) return responder.send(test_id.error());
    auto events = events_in(request);
    if (!events) return responder.send(std::move(events).error());
    answer_on(
        parts.rows, std::move(request), std::move(responder),
        [&parts, test_id = *test_id, events = std::move(*events)](const Request&) {
            return transact(parts.database, [&](sql::Connection& connection) -> RowAnswer {
                CELLMON_TRY(classroom::store_test_events(connection, test_id, events,
                                                         parts.clock.now_us()));
                return answered(http::json_response(
                    200, RowJson()
                             .text("message", fmt::format("{} test events stored for test_id: {}",
                                                          events.size(), test_id))
                             .end()));
            });
        });
}

std::string event_json(const classroom::TestEvent& event) {
    std::string json = event.event;
    json.pop_back();
    if (json.size() > 1) json += ',';
    return json + RowJson().offset_time("received_at", event.received_us).end().substr(1);
}

void list_test_events(const RowParts& parts, Request&& request, Responder responder) {
    const auto test_id = test_id_of(request);
    if (!test_id) return responder.send(test_id.error());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, test_id = *test_id](const Request&) {
                  return inspect(parts.database, [&](sql::Connection& connection) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(
                          const auto events,
                          classroom::list_test_events(connection, test_id, parts.clock.now_us()));
                      std::vector<std::string> texts;
                      texts.reserve(events.size());
                      for (const classroom::TestEvent& event : events)
                          texts.push_back(event_json(event));
                      return answered(http::json_response(
                          200, RowJson()
                                   .text("test_id", test_id)
                                   .json("events", json_list(texts))
                                   .put("count", static_cast<std::int64_t>(texts.size()))
                                   .end()));
                  });
              });
}

void remove_test_events(const RowParts& parts, Request&& request, Responder responder) {
    const auto test_id = test_id_of(request);
    if (!test_id) return responder.send(test_id.error());
    answer_on(
        parts.rows, std::move(request), std::move(responder),
        [&parts, test_id = *test_id](const Request&) {
            return transact(parts.database, [&](sql::Connection& connection) -> RowAnswer {
                CELLMON_TRY_ASSIGN(
                    const auto events,
                    classroom::list_test_events(connection, test_id, parts.clock.now_us()));
                if (events.empty()) return refused(no_events(test_id));
                CELLMON_TRY(classroom::remove_test_events(connection, test_id));
                return answered(http::json_response(
                    200, RowJson()
                             .text("message", fmt::format("{} test events deleted for test_id: {}",
                                                          events.size(), test_id))
                             .end()));
            });
        });
}

void list_ids(const RowParts& parts, Request&& request, Responder responder) {
    answer_on(parts.rows, std::move(request), std::move(responder), [&parts](const Request&) {
        return inspect(parts.database, [&](sql::Connection& connection) -> RowAnswer {
            CELLMON_TRY_ASSIGN(const auto ids,
                               classroom::list_test_ids(connection, parts.clock.now_us()));
            return answered(
                http::json_response(200, RowJson()
                                             .json("test_ids", text_list(ids))
                                             .put("count", static_cast<std::int64_t>(ids.size()))
                                             .end()));
        });
    });
}

}  // namespace

void add_test_events_routes(http::Router& router, const RowParts& parts) {
    Mount<RowParts> mount(router, parts);
    // The first is the path that the origin documents and its proxy uses; it serves the second.
    for (const std::string base : {"/api/v1/test/events", "/api/v1/test/test/events"}) {
        mount(Method::get, base, list_ids);
        mount(Method::post, base + "/{test_id}", store_test_events);
        mount(Method::get, base + "/{test_id}", list_test_events);
        mount(Method::delete_, base + "/{test_id}", remove_test_events);
    }
}

}  // namespace cellmon::api
