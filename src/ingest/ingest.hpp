#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/delivery.hpp"
#include "event/decode.hpp"
#include "http/io_threads.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"
#include "ingest/batch_answer.hpp"
#include "journal/journal.hpp"
#include "privacy/class_consents.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::ingest {

/// The way of an event from the wire to its acknowledgement: decode, submit to the journal, answer
/// when it is durable. handle() and the answer run on the request's I/O thread; the journal's
/// thread only hands the batch back.
class Ingest final : public journal::CompletionQueue {
  public:
    struct Dependencies {
        http::IoThreads& threads;
        delivery::Delivery& delivery;
        const Clock& clock;
        RandomSource& random;  ///< Safe for use by all I/O threads.
        privacy::Options privacy;
    };

    /// `bulk_items`: events in one bulk body.
    Ingest(event::DecodeLimits limits, std::size_t bulk_items, Dependencies dependencies);
    ~Ingest() override;

    /// Before the first handle(); the journal is made after its completion queue.
    void connect(journal::Journal& journal, const privacy::ClassConsents& consents) {
        journal_ = &journal;
        consents_ = &consents;
    }

    /// POST /api/v1/events. `class_code`: of the class whose key the body came with; empty: none.
    void handle(http::Request&& request, http::Responder responder, std::string_view class_code);

    /// What became of a body, for an answer of another form.
    struct Taken {
        const event::Batch& batch;
        const std::vector<journal::NewEntry>& entries;  ///< In the order of `batch.events`.
        const BatchOutcome& outcome;
        const std::vector<delivery::StreamAnswer>& streams;
    };
    /// Makes that answer. On the responder's I/O thread, when all of it is durable.
    using MakeAnswer = std::function<http::Response(const Taken&)>;

    struct Body {
        std::string text;
        event::BodyForm form = event::BodyForm::json;
        std::string class_code;
        bool is_bulk = false;  ///< May hold as many events as the limit of a bulk allows.
        /// Of items from storable(), in their order: the hashes they had; nullopt: it is as it was
        /// sent.
        std::vector<std::optional<std::uint64_t>> content_hashes{};
    };

    /// Takes events in as handle() does, from their decoding to the journal. On the responder's I/O
    /// thread. A body that cannot be read, and one that the journal does not take, are answered as
    /// handle() answers them.
    void take(Body body, http::Responder responder, MakeAnswer make_answer);

    /// What may be stored, before it is taken in, of an event that waits elsewhere: one JSON
    /// object. nullopt: it is not known what classes say of consent. Any thread.
    [[nodiscard]] std::optional<event::Decoder::Storable> storable(std::string_view object,
                                                                   std::string_view class_code);

    /// `application/json` or NDJSON by the request's content type; nullopt: neither.
    [[nodiscard]] static std::optional<event::BodyForm> form_of(const http::Request& request);
    [[nodiscard]] static http::Response not_json();

    void complete(unsigned waiter, std::vector<std::unique_ptr<journal::Submission>> done) override;

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    class PendingBatch;
    void finish(PendingBatch& batch);

    Dependencies dependencies_;
    journal::Journal* journal_ = nullptr;
    const privacy::ClassConsents* consents_ = nullptr;
    std::vector<event::Decoder> decoders_;  // One for each I/O thread.
    std::vector<event::Decoder> bulk_decoders_;
    std::mutex storable_mutex_;
    event::Decoder storable_decoder_;  // Under the mutex.

    std::atomic<std::uint64_t> stored_{0};
    std::atomic<std::uint64_t> duplicates_{0};
    std::atomic<std::uint64_t> conflicts_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> bodies_refused_{0};
    std::atomic<std::uint64_t> unavailable_{0};
};

}  // namespace cellmon::ingest
