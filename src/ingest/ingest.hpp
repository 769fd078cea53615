#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/delivery.hpp"
#include "event/decode.hpp"
#include "http/io_threads.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"
#include "journal/journal.hpp"
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
    };

    Ingest(event::DecodeLimits limits, Dependencies dependencies);
    ~Ingest() override;

    /// Before the first handle(); the journal is made after its completion queue.
    void connect(journal::Journal& journal) { journal_ = &journal; }

    /// POST /api/v1/events. `class_code`: of the class whose key the body came with; empty: none.
    void handle(http::Request&& request, http::Responder responder, std::string_view class_code);

    void complete(unsigned waiter, std::vector<std::unique_ptr<journal::Submission>> done) override;

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    class PendingBatch;
    void finish(PendingBatch& batch);

    Dependencies dependencies_;
    journal::Journal* journal_ = nullptr;
    std::vector<event::Decoder> decoders_;  // One for each I/O thread.

    std::atomic<std::uint64_t> stored_{0};
    std::atomic<std::uint64_t> duplicates_{0};
    std::atomic<std::uint64_t> conflicts_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> bodies_refused_{0};
    std::atomic<std::uint64_t> unavailable_{0};
};

}  // namespace cellmon::ingest
