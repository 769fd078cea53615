#include "ingest/batch_answer.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "http/response.hpp"
#include "ingest/failed_event.hpp"

namespace cellmon::ingest {
namespace {

constexpr std::string_view kConflictReason =
    "this eventId is stored already with other content; the new content is kept in quarantine";

using Out = std::back_insert_iterator<std::string>;

void append_event_types(std::string& json, const event::Batch& batch) {
    std::map<std::string_view, std::uint64_t> counts;
    for (const event::DecodedEvent& event : batch.events)
        ++counts[event.event_type];
    json += "{";
    for (const auto& [type, count] : counts) {
        if (json.back() != '{') json += ',';
        http::append_json_string(json, type);
        fmt::format_to(Out(json), ":{}", count);
    }
    json += "}";
}

/// An item that was not taken: refused when decoded, or else in conflict with a stored one.
struct FailedItem {
    std::size_t index = 0;
    const event::RefusedItem* refused = nullptr;
    const event::DecodedEvent* conflict = nullptr;
};

/// The refused items and the conflicts in the order of the body.
std::vector<FailedItem> failed_items(const event::Batch& batch,
                                     const std::vector<journal::NewEntry>& entries) {
    std::vector<FailedItem> items;
    for (const event::RefusedItem& item : batch.refused)
        items.push_back({item.index, &item, nullptr});
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        if (entries[i].outcome != journal::Outcome::conflict) continue;
        items.push_back({batch.events[i].index, nullptr, &batch.events[i]});
    }
    std::ranges::sort(items, {}, &FailedItem::index);
    return items;
}

/// As §3.1 shows failed events.
void append_failed_events(std::string& json, const std::vector<FailedItem>& items) {
    json += "[";
    for (const FailedItem& item : items) {
        if (json.back() != '[') json += ',';
        if (item.refused != nullptr) {
            json += item.refused->answer_json;
        } else {
            append_failed_event(json, *item.conflict, "eventId", kConflictReason);
        }
    }
    json += "]";
}

double milliseconds(std::int64_t time_us) {
    return static_cast<double>(time_us) / 1'000.0;
}

void append_stats(std::string& json, const event::Batch& batch,
                  const std::vector<FailedItem>& failed, const BatchOutcome& outcome,
                  const StageTimes& times, std::uint32_t batch_id) {
    fmt::format_to(Out(json), R"({{"batch_id":"{:08x}","total_events":{},"event_types":)", batch_id,
                   batch.total_items);
    append_event_types(json, batch);
    fmt::format_to(
        Out(json),
        R"(,"processing_stages":{{"validation":{{"status":"success","duration_ms":{:.3f}}},)"
        R"("redis_publish":{{"status":"deferred","duration_ms":0}},)"
        R"("db_persistence":{{"status":"success","duration_ms":{:.3f},"persisted_count":{}}},)"
        R"("realtime_notify":{{"status":"deferred","duration_ms":0,"notified_count":0}}}},)"
        R"("failed_events":)",
        milliseconds(times.validation_us), milliseconds(times.journal_us), outcome.stored);
    append_failed_events(json, failed);
    const double rate = batch.total_items == 0 ? 100.0
                                               : 100.0 * static_cast<double>(batch.events.size()) /
                                                     static_cast<double>(batch.total_items);
    fmt::format_to(Out(json),
                   R"(,"retry_count":0,"successful_events":{},"duplicates":{},)"
                   R"("validation_success_rate":{:.1f},"total_processing_time_ms":{}}})",
                   outcome.accepted(), outcome.duplicates, rate, times.total_us / 1'000);
}

/// `detail` of an answer that accepted nothing: the reasons in the form of §1.3.
void append_detail(std::string& json, const std::vector<FailedItem>& failed) {
    json += "[";
    const auto append = [&](std::size_t index, std::string_view field, std::string_view reason) {
        if (json.back() != '[') json += ',';
        fmt::format_to(Out(json), R"({{"type":"value_error","loc":["body",{})", index);
        if (!field.empty()) {
            json += ',';
            http::append_json_string(json, field);
        }
        json += R"(],"msg":)";
        http::append_json_string(json, reason);
        json += R"(,"input":null})";
    };
    for (const FailedItem& item : failed) {
        if (item.refused != nullptr) {
            append(item.index, item.refused->field, item.refused->reason);
        } else {
            append(item.index, "eventId", kConflictReason);
        }
    }
    json += "]";
}

}  // namespace

std::string_view conflict_reason() {
    return kConflictReason;
}

void append_streams(std::string& json, const std::vector<delivery::StreamAnswer>& streams) {
    json += "[";
    for (const delivery::StreamAnswer& stream : streams) {
        if (json.back() != '[') json += ',';
        json += R"({"streamId":)";
        http::append_json_string(json, stream.stream_id);
        fmt::format_to(Out(json), R"(,"receivedThrough":{},"missing":[)", stream.received_through);
        for (const auto& [first, last] : stream.missing) {
            if (json.back() != '[') json += ',';
            fmt::format_to(Out(json), "[{},{}]", first, last);
        }
        json += "]";
        if (!stream.new_stream.empty()) {
            fmt::format_to(Out(json), R"(,"newStream":"{}")", stream.new_stream);
        }
        json += "}";
    }
    json += "]";
}

BatchAnswer make_answer(const event::Batch& batch, const std::vector<journal::NewEntry>& entries,
                        const BatchOutcome& outcome, const StageTimes& times,
                        const std::vector<delivery::StreamAnswer>& streams,
                        std::uint32_t batch_id) {
    const std::vector<FailedItem> failed = failed_items(batch, entries);
    BatchAnswer answer;
    std::string& json = answer.json;
    json.reserve(640);
    json = "{";
    if (outcome.accepted() > 0) {
        fmt::format_to(Out(json),
                       R"("message":"Enhanced batch processing completed: {}/{} events",)",
                       outcome.accepted(), batch.total_items);
    } else {
        answer.status = outcome.conflicts > 0 && outcome.refused == 0 ? 409 : 422;
        json += R"("detail":)";
        append_detail(json, failed);
        json += ",";
    }
    json += R"("batch_stats":)";
    append_stats(json, batch, failed, outcome, times, batch_id);
    if (!streams.empty()) {
        json += R"(,"streams":)";
        append_streams(json, streams);
    }
    json += "}";
    return answer;
}

}  // namespace cellmon::ingest
