#include "ingest/ingest.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "ingest/batch_answer.hpp"

namespace cellmon::ingest {
namespace {

constexpr unsigned kRetryAfterFullDisk_s = 30;

/// A body that is neither JSON nor NDJSON is a string to a JSON interface (contract §1.3).
constexpr std::string_view kNotJsonDetail =
    R"([{"type":"list_type","loc":["body"],"msg":"Input should be a valid list; send Content-Type: application/json or application/x-ndjson","input":null}])";

journal::NewEntry entry_of(const event::DecodedEvent& event, TimeUs received_us) {
    journal::NewEntry entry;
    entry.id = event.id;
    entry.content_hash = event.content_hash;
    entry.received_us = received_us;
    entry.payload_crc = event.payload_crc;
    entry.payload = event.payload;
    entry.origin.email = event.email;
    entry.origin.class_code = event.class_code;
    entry.origin.stream_id = event.stream_id;
    entry.origin.client_time_us = event.client_time_us;
    if (event.event_type == "stream_gap") {
        entry.origin.gap_first = event.stream_first;
        entry.origin.gap_last = event.stream_last;
    } else {
        entry.origin.number = event.stream_first;
    }
    return entry;
}

journal::NewEntry entry_of(const event::RefusedItem& item, TimeUs received_us) {
    journal::NewEntry entry;
    entry.id = item.quarantine_id;
    entry.content_hash = item.content_hash;
    entry.received_us = received_us;
    entry.kind = journal::EntryKind::quarantine;
    entry.payload_crc = item.payload_crc;
    entry.payload = item.quarantine_payload;
    entry.origin.email = item.email;
    entry.origin.class_code = item.class_code;
    entry.origin.stream_id = item.stream_id;
    entry.origin.number = item.stream_number;
    return entry;
}

/// The streams that the body names, each once.
std::vector<std::string_view> streams_of(const event::Batch& batch) {
    std::vector<std::string_view> ids;
    const auto add = [&](std::string_view id) {
        if (id.empty() || (!ids.empty() && ids.back() == id)) return;
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    };
    for (const event::DecodedEvent& event : batch.events)
        add(event.stream_id);
    for (const event::RefusedItem& item : batch.refused)
        add(item.stream_id);
    return ids;
}

}  // namespace

/// A request on its way through the journal. The entries view into the batch.
class Ingest::PendingBatch final : public journal::Submission {
  public:
    PendingBatch(event::Batch decoded, http::Responder answer_to, MakeAnswer make)
        : batch(std::move(decoded)),
          responder(std::move(answer_to)),
          make_answer(std::move(make)) {}

    event::Batch batch;
    http::Responder responder;
    MakeAnswer make_answer;  // Empty: that of POST /api/v1/events.
    std::int64_t began_us = 0;
    std::int64_t decoded_us = 0;
};

Ingest::Ingest(event::DecodeLimits limits, std::size_t bulk_items, Dependencies dependencies)
    : dependencies_(dependencies),
      storable_decoder_(limits, dependencies.random, dependencies.privacy) {
    event::DecodeLimits bulk = limits;
    bulk.items = std::max(limits.items, bulk_items);
    decoders_.reserve(dependencies_.threads.size());
    bulk_decoders_.reserve(dependencies_.threads.size());
    for (unsigned i = 0; i < dependencies_.threads.size(); ++i) {
        decoders_.emplace_back(limits, dependencies_.random, dependencies_.privacy);
        bulk_decoders_.emplace_back(bulk, dependencies_.random, dependencies_.privacy);
    }
}

Ingest::~Ingest() = default;

std::optional<event::BodyForm> Ingest::form_of(const http::Request& request) {
    if (request.header("Content-Type").empty() || request.has_content_type("application/json")) {
        return event::BodyForm::json;
    }
    for (const std::string_view type :
         {"application/x-ndjson", "application/ndjson", "application/jsonl"}) {
        if (request.has_content_type(type)) return event::BodyForm::ndjson;
    }
    return std::nullopt;
}

http::Response Ingest::not_json() {
    return http::error_response_json(422, kNotJsonDetail);
}

void Ingest::handle(http::Request&& request, http::Responder responder,
                    std::string_view class_code) {
    const auto form = form_of(request);
    if (!form) {
        ++bodies_refused_;
        return responder.send(not_json());
    }
    take({std::move(request.body), *form, std::string(class_code), false}, std::move(responder),
         {});
}

void Ingest::take(Body body, http::Responder responder, MakeAnswer make_answer) {
    CELLMON_ASSERT(journal_ != nullptr);
    const std::int64_t began_us = dependencies_.clock.steady_us();
    const TimeUs received_us = dependencies_.clock.now_us();
    const auto consents = consents_->page();
    if (!consents) {
        ++unavailable_;
        return responder.send(http::unavailable_response(
            "what classes say of consent is not known until their database is back", 1));
    }
    auto& decoders = body.is_bulk ? bulk_decoders_ : decoders_;
    auto decoded = decoders[responder.thread()].decode(
        body.text, body.form, received_us, {body.class_code, consents.get(), body.content_hashes});
    if (!decoded) {
        ++bodies_refused_;
        return responder.send(http::error_response_json(
            static_cast<unsigned>(decoded.error().status), decoded.error().detail_json));
    }
    if (decoded->total_items == 0 && !make_answer) {
        return responder.send(http::json_response(202, R"({"message":"No events received"})"));
    }
    auto pending = std::make_unique<PendingBatch>(std::move(*decoded), std::move(responder),
                                                  std::move(make_answer));
    pending->waiter = pending->responder.thread();
    pending->began_us = began_us;
    pending->decoded_us = dependencies_.clock.steady_us();
    const event::Batch& batch = pending->batch;
    pending->entries.reserve(batch.events.size() + batch.refused.size());
    for (const event::DecodedEvent& event : batch.events) {
        pending->entries.push_back(entry_of(event, received_us));
    }
    for (const event::RefusedItem& item : batch.refused) {
        if (item.quarantined) pending->entries.push_back(entry_of(item, received_us));
    }
    if (pending->entries.empty()) return finish(*pending);

    PendingBatch& kept = *pending;
    std::unique_ptr<journal::Submission> submission = std::move(pending);
    if (const auto taken = journal_->submit(std::move(submission)); !taken) {
        ++unavailable_;
        const bool full_disk = taken.error().code == ErrorCode::no_space;
        kept.responder.send(http::unavailable_response(taken.error().message,
                                                       full_disk ? kRetryAfterFullDisk_s : 1));
    }
}

std::optional<event::Decoder::Storable> Ingest::storable(std::string_view object,
                                                         std::string_view class_code) {
    const auto consents = consents_->page();
    if (!consents) return std::nullopt;
    const std::lock_guard lock(storable_mutex_);
    return storable_decoder_.storable(object, dependencies_.clock.now_us(),
                                      {class_code, consents.get(), {}});
}

void Ingest::complete(unsigned waiter, std::vector<std::unique_ptr<journal::Submission>> done) {
    dependencies_.threads.post(waiter, [this, done = std::move(done)]() {
        for (const auto& submission : done)
            finish(static_cast<PendingBatch&>(*submission));
    });
}

void Ingest::finish(PendingBatch& pending) {
    const event::Batch& batch = pending.batch;
    BatchOutcome outcome;
    outcome.refused = batch.refused.size();
    for (const journal::NewEntry& entry : pending.entries) {
        if (entry.outcome == journal::Outcome::failed) {
            ++unavailable_;
            return pending.responder.send(
                http::unavailable_response("the events could not be stored; send them again"));
        }
    }
    std::vector<std::string_view> resent_by;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        switch (pending.entries[i].outcome) {
            case journal::Outcome::stored:
                ++outcome.stored;
                break;
            case journal::Outcome::conflict:
                ++outcome.conflicts;
                break;
            case journal::Outcome::duplicate:
                ++outcome.duplicates;
                resent_by.push_back(batch.events[i].email);
                break;
            case journal::Outcome::failed:
                break;
        }
    }
    dependencies_.delivery.count_duplicates(resent_by);
    stored_ += outcome.stored;
    duplicates_ += outcome.duplicates;
    conflicts_ += outcome.conflicts;
    refused_ += outcome.refused;
    const std::int64_t now_us = dependencies_.clock.steady_us();
    const auto stream_ids = streams_of(batch);
    const auto streams = stream_ids.empty() ? std::vector<delivery::StreamAnswer>{}
                                            : dependencies_.delivery.answer(stream_ids);
    if (pending.make_answer) {
        return pending.responder.send(
            pending.make_answer({batch, pending.entries, outcome, streams}));
    }
    BatchAnswer answer = make_answer(batch, pending.entries, outcome,
                                     {pending.decoded_us - pending.began_us,
                                      now_us - pending.decoded_us, now_us - pending.began_us},
                                     streams, dependencies_.random.u32());
    pending.responder.send(http::json_response(answer.status, std::move(answer.json)));
}

std::vector<telemetry::MetricFamily> Ingest::metrics() const {
    const auto count = [](const std::atomic<std::uint64_t>& value) {
        return static_cast<double>(value.load());
    };
    telemetry::MetricFamily events{"cellmon_ingest_events_total",
                                   "Events by what became of them",
                                   telemetry::MetricKind::counter,
                                   {}};
    events.samples = {{{{"outcome", "stored"}}, count(stored_), {}},
                      {{{"outcome", "duplicate"}}, count(duplicates_), {}},
                      {{{"outcome", "conflict"}}, count(conflicts_), {}},
                      {{{"outcome", "refused"}}, count(refused_), {}}};
    return {std::move(events),
            telemetry::counter("cellmon_ingest_bodies_refused_total",
                               "Bodies that could not be read as events", count(bodies_refused_)),
            telemetry::counter("cellmon_ingest_unavailable_total", "Bodies answered 503",
                               count(unavailable_))};
}

}  // namespace cellmon::ingest
