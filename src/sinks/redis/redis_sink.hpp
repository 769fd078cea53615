#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "live/live_service.hpp"
#include "projection/sink.hpp"
#include "sinks/redis/audience.hpp"
#include "sinks/redis/keys.hpp"
#include "sinks/redis/link.hpp"
#include "sinks/redis/messages.hpp"
#include "sinks/redis/options.hpp"

namespace cellmon::redis {

/// The newest entries of the journal in a stream, and news of them in channels
/// (docs/reference/redis.md).
///
/// The stream is its own cursor: its last entry says of which history it is and how far it came.
/// Every transaction watches the stream and who leads, so that it happens on what was looked at or
/// not at all, even when it arrives long after we gave it up.
class RedisSink final : public projection::Sink {
  public:
    /// What it needs of the server. All is used by the thread of the projection.
    struct Parts {
        History history;
        const Clock& clock;
        std::function<live::Thresholds()> thresholds;  ///< Asked once a batch.
        std::function<live::LiveCheckpoint()> checkpoint;
        std::function<std::string()> status;  ///< As the live socket says it; may be empty.
        std::function<std::string()> url;     ///< Of this server; empty while it has none.
        std::string host;
    };

    RedisSink(RedisOptions options, Parts parts);

    [[nodiscard]] std::string_view name() const override { return "redis"; }
    Result<std::optional<journal::Cursor>> open() override;
    [[nodiscard]] std::optional<std::uint64_t> keeps_newest() const override {
        return options_.stream_events;
    }
    [[nodiscard]] std::string remedy() const override;
    Result<std::size_t> apply(const projection::Batch& batch) override;
    Result<void> caught_up() override;
    void interrupt() override { *interrupted_ = true; }

  private:
    Result<std::optional<Leader>> leader_before();
    Result<void> claim(const std::optional<Leader>& before);
    Result<std::optional<journal::Entry>> last_entry();
    void add_look();
    Result<void> take_look();
    [[nodiscard]] bool is_the_end(const redisReply& entries, bool exists) const;
    Result<void> write_checkpoint_if_due();
    void add_transaction(const projection::Batch& batch, std::size_t count,
                         const Audience& audience);
    Result<void> take_transaction(const projection::Batch& batch, std::size_t count);
    [[nodiscard]] std::size_t part_of(const projection::Batch& batch) const;
    [[nodiscard]] std::string leader_text() const;

    const RedisOptions options_;
    const Parts parts_;
    const std::string stream_;
    const std::string live_;
    const std::string alive_;
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);

    Messages messages_;
    bool messages_know_the_class_ = false;
    bool claimed_ = false;  ///< In the life of this object, so that two servers do not take turns.
    std::unique_ptr<Link> link_;
    std::optional<std::uint64_t> last_;  ///< Sequence at the end of the stream; none: no stream.
    std::uint64_t from_ = 0;             ///< Leader::from.
    std::optional<std::uint64_t> checkpoint_at_;  ///< Folded through; none: not yet.
    std::int64_t checkpoint_us_ = 0;              ///< Steady.
    std::size_t replies_ = 0;                     ///< Of commands inside the transaction under way.
};

}  // namespace cellmon::redis
