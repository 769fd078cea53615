// The queue of offline work (contract §3.14).
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "api/class_input.hpp"
#include "api/class_visit.hpp"
#include "api/key_gate.hpp"
#include "api/offline/offline_routes.hpp"
#include "api/row_json.hpp"
#include "classroom/offline_queue.hpp"

namespace cellmon::api {
namespace {

using classroom::QueueCounts;
using classroom::QueuedEvent;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::size_t kMostEvents = 100;  ///< In one request, as the contract has it.
constexpr std::size_t kMostBytes = 4U << 20U;

std::string at_path(std::string_view rest) {
    return "/api/v1/offline/" + std::string(rest);
}

double used(const QueueCounts& counts) {
    return static_cast<double>(counts.all_waiting() + counts.failed) /
           static_cast<double>(classroom::kMostQueued);
}

Result<std::string> status_json(const OfflineParts& parts, sql::Connection& connection,
                                const QueueCounts& counts) {
    CELLMON_TRY_ASSIGN(const auto last, classroom::last_sync(connection));
    return RowJson()
        .truth("is_online", parts.sync.online())
        .truth("sync_in_progress", parts.sync.running())
        .put("total_queued_events", counts.all_waiting())
        .put("failed_events", counts.failed)
        .json("priority_breakdown", RowJson()
                                        .put("1", counts.waiting[0])
                                        .put("2", counts.waiting[1])
                                        .put("3", counts.waiting[2])
                                        .end())
        .real("queue_capacity_used", used(counts))
        .offset_time("last_sync_attempt", last)
        .end();
}

/// QS in a transaction of its own.
Result<std::string> queue_status(const OfflineParts& parts) {
    return parts.database.read([&](sql::Connection& connection) -> Result<std::string> {
        CELLMON_TRY_ASSIGN(const auto counts, classroom::count_queue(connection));
        return status_json(parts, connection, counts);
    });
}

std::vector<std::string> advice(const OfflineParts& parts, const QueueCounts& counts) {
    constexpr double kNearlyFull = 0.8;
    std::vector<std::string> list;
    if (!parts.sync.online()) {
        list.emplace_back(
            "ジャーナルに書き込めません。サーバーのログを確認してください / The journal takes "
            "nothing: look at the server's log");
    }
    if (counts.failed > 0) {
        list.push_back(fmt::format(
            "拒否されたイベントが {0} 件あります。failed-events で理由を確認してください / {0} "
            "events were refused: failed-events says why",
            counts.failed));
    }
    if (used(counts) >= kNearlyFull) {
        list.emplace_back(
            "キューがまもなく一杯です。同期してください / The queue is nearly full: sync it");
    } else if (counts.all_waiting() > 0) {
        list.emplace_back("同期すると送信されます / A sync brings what waits in");
    }
    return list;
}

std::string_view health_of(const OfflineParts& parts, const QueueCounts& counts) {
    constexpr double kCritical = 0.95;
    constexpr double kWarning = 0.8;
    constexpr double kGood = 0.5;
    if (used(counts) >= kCritical) return "critical";
    if (used(counts) >= kWarning || counts.failed > 0 || !parts.sync.online()) return "warning";
    return used(counts) >= kGood ? "good" : "excellent";
}

struct QueueInput {
    std::vector<QueuedEvent> events;
    bool force_queue = false;
};

std::optional<std::string> text_in(simdjson::dom::object object, std::string_view field) {
    std::string_view text;
    if (object[field].get(text) != simdjson::SUCCESS || text.empty()) return std::nullopt;
    return std::string(text);
}

/// With an id of its own where the client gave none, so that it goes into the journal once however
/// often it is tried.
QueuedEvent queued_event(simdjson::dom::object object, std::string queue_id) {
    QueuedEvent event;
    event.queue_id = std::move(queue_id);
    event.event = simdjson::minify(object);
    event.event_type = text_in(object, "eventType");
    event.user_id = text_in(object, "emailAddress");
    if (!event.user_id) event.user_id = text_in(object, "userId");
    if (!text_in(object, "eventId")) {
        event.event.pop_back();
        if (event.event.size() > 1) event.event += ',';
        event.event += fmt::format(R"("eventId":"{}"}})", event.queue_id);
    }
    return event;
}

tl::expected<QueueInput, Response> read_queue_input(const OfflineParts& parts,
                                                    const Request& request) {
    constexpr std::string_view kEvents = "events";
    if (auto refusal = too_large(request, kMostBytes)) return tl::unexpected(*refusal);
    auto fields = BodyFields::parse(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    QueueInput input;
    const auto priority = fields->integer("priority", Presence::optional).value_or(1);
    if (priority < 1 || priority > 3) {
        const bool low = priority < 1;
        fields->refuse("priority", low ? "greater_than_equal" : "less_than_equal",
                       low ? "Input should be greater than or equal to 1"
                           : "Input should be less than or equal to 3");
    }
    input.force_queue = fields->boolean("force_queue", Presence::optional).value_or(false);
    const auto value = fields->any(kEvents, Presence::required);
    simdjson::dom::array list;
    if (value && value->get(list) != simdjson::SUCCESS) {
        fields->refuse_inside(kEvents, "", "list_type", "Input should be a valid list");
    }
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    if (list.size() == 0) return tl::unexpected(http::error_response(400, "No events to queue"));
    if (list.size() > kMostEvents) {
        return tl::unexpected(http::error_response(
            413, fmt::format("{} events exceed the maximum of {}", list.size(), kMostEvents)));
    }
    const std::string class_code(class_of_key(request));
    const TimeUs now = parts.clock.now_us();
    for (const simdjson::dom::element item : list) {
        simdjson::dom::object object;
        if (item.get(object) != simdjson::SUCCESS) {
            fields->refuse_inside(kEvents, std::to_string(input.events.size()), "dict_type",
                                  "Input should be a valid dictionary");
            return tl::unexpected(fields->refusal());
        }
        QueuedEvent event = queued_event(object, parts.random.id().to_string());
        // The queue is a store like others: what may not be stored does not come into it.
        auto storable = parts.ingest.storable(event.event, class_code);
        if (!storable) {
            return tl::unexpected(http::unavailable_response(
                "what classes say of consent is not known until their database is back", 1));
        }
        event.event = std::move(storable->json);
        event.content_hash = storable->content_hash;
        event.class_code = class_code;
        event.priority = priority;
        event.created_us = now;
        input.events.push_back(std::move(event));
    }
    return input;
}

std::string refused_json(const std::vector<OfflineSync::Refusal>& refused,
                         const std::vector<QueuedEvent>& events) {
    std::vector<std::string> list;
    for (const OfflineSync::Refusal& one : refused) {
        const auto event = std::ranges::find(events, one.queue_id, &QueuedEvent::queue_id);
        list.push_back(RowJson().json("event", event->event).text("error", one.reason).end());
    }
    return json_list(list);
}

Response store_and_deliver(const OfflineParts& parts, const Request& request) {
    const auto input = read_queue_input(parts, request);
    if (!input) return input.error();
    const auto stored = parts.database.write(
        [&](sql::Connection& connection) { return classroom::enqueue(connection, input->events); });
    if (!stored && stored.error().code == ErrorCode::limit) {
        return http::unavailable_response(
            fmt::format("the queue holds {} events at most", classroom::kMostQueued));
    }
    if (!stored) return store_refusal(stored.error());
    std::vector<std::string> ids;
    for (const QueuedEvent& event : input->events)
        ids.push_back(event.queue_id);
    OfflineSync::Delivery delivery;
    if (!input->force_queue) {
        // When the database fails here they are queued all the same, and that is the answer.
        if (auto delivered = parts.sync.deliver(ids)) delivery = std::move(*delivered);
    }
    for (const OfflineSync::Refusal& one : delivery.refused)
        std::erase(ids, one.queue_id);
    const auto failed = static_cast<std::int64_t>(delivery.refused.size());
    const auto total = static_cast<std::int64_t>(input->events.size());
    RowJson json;
    json.text("message", fmt::format("{} events stored, {} waiting, {} refused", delivery.delivered,
                                     total - failed - delivery.delivered, failed))
        .json("queued_event_ids", text_list(ids))
        .put("successful_count", total - failed)
        .put("failed_count", failed);
    if (failed > 0) json.json("failed_events", refused_json(delivery.refused, input->events));
    return http::json_response(202, json.end());
}

void queue(const OfflineParts& parts, Request&& request, Responder responder) {
    answer_on(parts.worker, std::move(request), std::move(responder),
              [&parts](const Request& asked) { return store_and_deliver(parts, asked); });
}

/// `sync_result`: JSON, or nothing.
Response with_status(const OfflineParts& parts, std::string_view message,
                     std::string_view sync_result = {}) {
    const auto status = queue_status(parts);
    if (!status) return store_refusal(status.error());
    RowJson json;
    json.text("message", message);
    if (!sync_result.empty()) json.json("sync_result", sync_result);
    return http::json_response(200, json.json("queue_status", *status).end());
}

constexpr std::string_view kBusy = "A sync is in progress already";

Response forced_sync(const OfflineParts& parts) {
    const auto report = parts.sync.run(true);
    if (!report) return with_status(parts, kBusy);
    if (!*report) return store_refusal(report->error());
    return with_status(parts, "Sync completed",
                       RowJson()
                           .put("total_events", (*report)->total)
                           .put("successful_syncs", (*report)->delivered)
                           .put("failed_syncs", (*report)->failed)
                           .put("skipped_events", (*report)->skipped)
                           .real("sync_duration_ms", (*report)->duration_ms)
                           .end());
}

/// In the background: the answer does not wait for it.
Response begun_sync(const OfflineParts& parts) {
    const auto counts = parts.database.read(
        [](sql::Connection& connection) { return classroom::count_queue(connection); });
    if (!counts) return store_refusal(counts.error());
    if (counts->all_waiting() == 0) return with_status(parts, "The queue is empty");
    if (parts.sync.running()) return with_status(parts, kBusy);
    Response answer = with_status(parts, "Sync started in the background");
    const bool queued = parts.worker.post([&parts] {
        // Why it failed is in the status and in the log of the database.
        static_cast<void>(parts.sync.run(false));
    });
    if (!queued) return http::unavailable_response("too many requests at once");
    return answer;
}

void sync(const OfflineParts& parts, Request&& request, Responder responder) {
    bool force = false;
    if (!request.body.empty()) {
        auto fields = row_fields(request);
        if (!fields) return responder.send(std::move(fields).error());
        force = fields->boolean("force_sync", Presence::optional).value_or(false);
        if (!fields->ok()) return responder.send(fields->refusal());
    }
    answer_on(
        parts.worker, std::move(request), std::move(responder),
        [&parts, force](const Request&) { return force ? forced_sync(parts) : begun_sync(parts); });
}

void read_status(const OfflineParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [&parts](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto counts, classroom::count_queue(visit.connection));
        CELLMON_TRY_ASSIGN(const std::string status, status_json(parts, visit.connection, counts));
        return answered(http::json_response(
            200, RowJson()
                     .json("queue_status", status)
                     .json("additional_stats",
                           RowJson()
                               .text("queue_health", health_of(parts, counts))
                               .json("recommendations", text_list(advice(parts, counts)))
                               .end())
                     .time("timestamp", visit.now)
                     .end()));
    });
}

void clear(const OfflineParts& parts, Request&& request, Responder responder) {
    change(parts, std::move(request), std::move(responder), [&parts](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto before, classroom::count_queue(visit.connection));
        CELLMON_TRY(classroom::clear_queue(visit.connection));
        CELLMON_TRY(
            visit.note("offline.clear", "offline queue",
                       fmt::format("{} waiting, {} failed", before.all_waiting(), before.failed)));
        CELLMON_TRY_ASSIGN(const std::string status, status_json(parts, visit.connection, {}));
        return answered(http::json_response(200, RowJson()
                                                     .text("message", "The queue is cleared")
                                                     .put("cleared_events", before.all_waiting())
                                                     .put("cleared_failed_events", before.failed)
                                                     .json("queue_status", status)
                                                     .end()));
    });
}

void read_failed(const OfflineParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [&parts](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto events, classroom::list_failed(visit.connection));
        CELLMON_TRY_ASSIGN(const auto counts, classroom::count_queue(visit.connection));
        std::vector<std::string> list;
        for (const QueuedEvent& event : events) {
            list.push_back(RowJson()
                               .text("queue_id", event.queue_id)
                               .put("event_type", event.event_type)
                               .put("user_id", event.user_id)
                               .offset_time("created_at", event.created_us)
                               .put("retry_count", event.retry_count)
                               .offset_time("last_retry_at", event.last_retry_us)
                               .put("priority", event.priority)
                               .json("event_data", event.event)
                               .put("error", event.error)
                               .end());
        }
        return answered(http::json_response(
            200, RowJson()
                     .put("failed_events_count", static_cast<std::int64_t>(events.size()))
                     .json("failed_events", json_list(list))
                     .json("recommendations", text_list(advice(parts, counts)))
                     .end()));
    });
}

}  // namespace

void add_offline_queue_routes(http::Router& router, const OfflineParts& parts) {
    Mount<OfflineParts> mount(router, parts);
    mount(Method::post, at_path("queue"), queue);
    mount(Method::post, at_path("sync"), sync);
    mount(Method::get, at_path("status"), read_status);
    mount(Method::delete_, at_path("clear"), clear);
    mount(Method::get, at_path("failed-events"), read_failed);
}

}  // namespace cellmon::api
