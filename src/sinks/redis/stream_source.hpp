#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "projection/entry_source.hpp"
#include "projection/status.hpp"
#include "sinks/redis/keys.hpp"
#include "sinks/redis/link.hpp"
#include "sinks/redis/options.hpp"

namespace cellmon::redis {

/// What a follower begins with.
struct FollowerStart {
    Leader leader;
    journal::Cursor cursor;  ///< That the checkpoint is the fold through.
    std::string checkpoint;  ///< Of the leader's live state.
};

/// Asks Redis for the newest checkpoint of the server that leads there. ErrorCode::unavailable when
/// there is none yet.
Result<FollowerStart> fetch_start(Link& link);
Result<FollowerStart> fetch_start(const RedisOptions& options);

/// The entries of another server's journal as its stream in Redis has them, behind a cursor. A
/// thread of its own reads ahead, so that a Redis that says nothing keeps nobody waiting.
///
/// The stream may have passed the cursor, or another history may lead. Then `outdated` is called,
/// once, as soon as Redis has a checkpoint with which a new beginning can be made.
class StreamSource final : public projection::EntrySource {
  public:
    StreamSource(RedisOptions options, const Clock& clock, std::function<void()> outdated);
    ~StreamSource() override;

    [[nodiscard]] journal::Cursor beginning() const override { return {}; }
    /// Once, before start(). Any cursor: what it is good for shows when Redis is asked.
    Result<void> seek(const journal::Cursor& cursor) override;
    Result<std::optional<journal::Entry>> next() override;
    [[nodiscard]] std::uint64_t durable_sequence() const override;
    void wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                     const std::stop_token& stop) override;

    void start();

    /// As that of a projection, the other way round: how far we are behind what Redis has. Any
    /// thread.
    [[nodiscard]] projection::ProjectionStatus status() const;
    /// Who leads, as last heard. Any thread.
    [[nodiscard]] Leader leader() const;
    /// The leader's word on how its data stand, as last heard; empty: none yet. Any thread.
    [[nodiscard]] std::string leader_status() const;

  private:
    struct Held {
        journal::Entry entry;
        std::string payload;
    };

    void run(const std::stop_token& stop);
    Result<void> follow(const std::stop_token& stop);
    /// Whether the stream goes on where we are.
    Result<void> look_at_position(Link& link);
    Result<void> read_on(Link& link, const std::stop_token& stop);
    Result<void> take(const redisReply& entries, Link& link, const std::stop_token& stop);
    Result<void> look_at_leader(Link& link);
    /// How far the stream is, for who asks how far behind we are.
    Result<void> look_at_end(Link& link);
    /// Calls `outdated` when there is something newer to begin with, or anything (`from_any`); an
    /// error in any case.
    Result<void> begin_anew(Link& link, std::string_view why, bool from_any = false);
    /// Whether somebody was erased since we began.
    Result<bool> has_erased(Link& link, const History& history);
    void hold(const journal::Entry& entry, const std::stop_token& stop);
    void note_state();
    void note_failure(const Error& error);

    const RedisOptions options_;
    const Clock& clock_;
    const std::function<void()> outdated_;
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);

    // Of the reading thread, once it runs.
    journal::Cursor position_;
    std::int64_t leader_asked_us_ = 0;
    bool is_outdated_ = false;
    bool leader_is_silent_ = false;
    std::optional<std::string> erasures_;  ///< How many there were when we began.

    // Of the thread that calls next().
    Held current_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Held> held_;
    std::size_t held_bytes_ = 0;
    projection::ProjectionStatus status_;
    TimeUs heard_us_ = 0;  ///< When all was well last.
    Leader leader_;
    std::string leader_status_;

    std::jthread thread_;
};

}  // namespace cellmon::redis
