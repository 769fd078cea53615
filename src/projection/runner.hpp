#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "projection/entry_source.hpp"
#include "projection/sink.hpp"
#include "projection/status.hpp"

namespace cellmon::projection {

/// Named limits; each has a line in docs/reference/configuration.md.
struct RunnerLimits {
    std::size_t batch_entries = 10'000;  ///< Entries in one batch, reached when far behind.
    std::size_t batch_bytes =
        16U << 20U;  ///< Payload bytes in one batch (one entry may exceed it).
    std::size_t first_batch_entries = 1'000;  ///< A full batch doubles the next one.
    std::chrono::milliseconds gather{
        100};  ///< How long to let entries collect when caught up; 0: not at all.
    std::chrono::milliseconds idle_wait{1'000};
    std::chrono::milliseconds backoff_first{100};
    std::chrono::milliseconds backoff_most{5'000};
};

/// Keeps one sink up with the journal: a thread that reads batches behind the sink's cursor and
/// applies them, for as long as the object lives. What the sink does in between (fails, hangs,
/// comes back) delays nobody else.
class ProjectionRunner {
  public:
    /// Told by the runner's thread of each failure, and of the first success behind one.
    using Listener = std::function<void(const ProjectionStatus& status)>;

    /// `clock` and `random` must be safe for use by this thread alone (random) and any thread
    /// (clock).
    ProjectionRunner(std::unique_ptr<EntrySource> source, std::unique_ptr<Sink> sink,
                     const Clock& clock, std::unique_ptr<RandomSource> random, RunnerLimits limits,
                     Listener listener = {});

    /// Stops behind the batch in hand, or in front of it when the store keeps it waiting.
    ~ProjectionRunner();

    ProjectionRunner(const ProjectionRunner&) = delete;
    ProjectionRunner& operator=(const ProjectionRunner&) = delete;

    /// Asks the thread to stop and returns at once; the destructor waits for it.
    void request_stop();

    /// Safe for use by any thread.
    [[nodiscard]] ProjectionStatus status() const;

    /// Waits until the store has been opened once, the first attempt has failed, or `timeout` is
    /// over; whether it was opened.
    bool wait_opened(std::chrono::milliseconds timeout) const;

    /// Waits until the cursor is at or behind `sequence`, the projection has stopped, or `timeout`
    /// is over; whether it is.
    bool wait_applied(std::uint64_t sequence, std::chrono::milliseconds timeout) const;

  private:
    void run(const std::stop_token& stop);
    Result<void> project(const std::stop_token& stop);
    Result<void> open();
    Result<journal::Cursor> first_cursor();
    Result<void> fill_batch();
    Result<void> fill(Batch& batch);
    [[nodiscard]] bool is_full(const Batch& batch) const;
    /// The entries behind the batch, while the sink has nothing else to do.
    const Batch* read_next();
    Result<void> apply(const std::stop_token& stop);
    void note_applied(std::size_t count);
    /// Remembers the error; whether it is worth another attempt.
    bool note_failure(const Error& error);
    void note_success();
    void tell() const;
    void set_state(State state);

    const std::unique_ptr<EntrySource> source_;
    const std::unique_ptr<Sink> sink_;
    const Clock& clock_;
    const std::unique_ptr<RandomSource> random_;
    const RunnerLimits limits_;
    const std::size_t batch_entries_;
    const Listener listener_;

    // Of the thread alone.
    Batch batch_;
    Batch next_;  ///< What comes behind it, if it was read already.
    std::optional<Error> next_failure_;
    std::size_t most_entries_ = 0;  ///< In the batch that is filled next.
    bool full_ = false;             ///< More waits behind the batch.
    unsigned attempts_ = 0;
    bool failing_ = false;
    std::int64_t rate_since_us_ = 0;
    std::uint64_t rate_from_ = 0;

    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    ProjectionStatus status_;
    TimeUs oldest_received_us_ =
        0;  ///< Receive time of the oldest entry known not to be applied, or of the last applied.

    std::jthread thread_;
};

}  // namespace cellmon::projection
