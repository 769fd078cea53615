#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/offline/item_results.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/offline_queue.hpp"
#include "http/io_threads.hpp"
#include "ingest/ingest.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// Brings queued events into the journal, each once: what was stored and could not be taken off the
/// queue is a duplicate the next time. Any thread but an I/O thread; its calls block until the
/// journal has answered.
class OfflineSync {
  public:
    struct Dependencies {
        sql::Database& database;
        ingest::Ingest& ingest;
        http::IoThreads& threads;
        const Clock& clock;
    };

    explicit OfflineSync(Dependencies dependencies) : dependencies_(dependencies) {}

    struct Report {
        std::int64_t total = 0;
        std::int64_t delivered = 0;  ///< They are in the journal.
        std::int64_t failed = 0;     ///< Refused, or the journal is away.
        std::int64_t skipped = 0;    ///< Were not tried: they had been refused before.
        double duration_ms = 0;
    };

    /// All that wait; `with_failed`: those too that were refused before. nullopt: another call does
    /// it already.
    std::optional<Result<Report>> run(bool with_failed);

    /// Whether run() is at work.
    [[nodiscard]] bool running() const { return running_; }

    /// Brings these in and takes them off the queue, refused ones too; what the journal cannot take
    /// now stays. Why each that was refused was, by queue id.
    struct Refusal {
        std::string queue_id;
        std::string reason;
    };
    struct Delivery {
        std::int64_t delivered = 0;
        std::int64_t waiting = 0;
        std::vector<Refusal> refused;
    };
    Result<Delivery> deliver(const std::vector<std::string>& queue_ids);

    /// Whether the journal took the last events that were tried; true before any.
    [[nodiscard]] bool online() const { return online_; }

  private:
    using Events = std::vector<classroom::QueuedEvent>;

    /// Of one class. nullopt: the journal does not take them now.
    std::optional<std::vector<ItemResult>> submit(const Events& events);
    Result<void> settle(const Events& events, const std::vector<ItemResult>& results,
                        Report& report);
    Result<void> note_retries(const Events& events);
    Result<Report> run_all(bool with_failed);

    const Dependencies dependencies_;
    std::mutex mutex_;  // Held by run() while it is at work.
    std::atomic<bool> running_{false};
    std::atomic<bool> online_{true};
};

}  // namespace cellmon::api
