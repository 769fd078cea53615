#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::harness {

/// What the order of a message rests on; docs/reference/live.md.
struct LiveMessage {
    enum class Type : std::uint8_t { snapshot, delta, status, other };

    Type type = Type::other;
    std::string_view epoch;
    std::uint64_t from = 0;  ///< Of a delta.
    std::uint64_t sequence = 0;
    std::string_view at;
};

/// Reads these fields wherever they stand in the object and nothing behind the last of them.
/// nullopt: it is no such message.
[[nodiscard]] std::optional<LiveMessage> read_live_message(std::string_view json);

/// What no delta has told: what came behind `after`, up to `until`.
struct LiveGap {
    std::uint64_t after = 0;
    std::uint64_t until = 0;
};

/// Holds the messages of one connection against the rules of the page. Two things can be wrong: a
/// message is out of order, or a part is missing. One that comes too late leaves a gap first and
/// fills it then: it is out of order, and nothing is missing.
class LiveOrder {
  public:
    /// Empty, or the rule of order that the message breaks. A status or another type always passes,
    /// and so does one behind a gap.
    [[nodiscard]] std::string_view take(const LiveMessage& message);

    /// Of the snapshots and deltas so far the greatest of the epoch; 0 before the first.
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
    /// Gaps that nothing has filled.
    [[nodiscard]] std::uint64_t missed() const { return open_.size() + given_up_; }
    /// The first of them that is known; all zero without one.
    [[nodiscard]] LiveGap first_missed() const;

  private:
    bool fills_a_gap(const LiveMessage& message);
    void give_up(std::size_t gaps);

    std::string epoch_;  ///< Empty before the snapshot.
    std::uint64_t sequence_ = 0;
    std::vector<LiveGap> open_;   ///< Of this snapshot's deltas; oldest first.
    std::uint64_t given_up_ = 0;  ///< Gaps that nothing can fill any more.
    LiveGap first_given_up_;
};

}  // namespace cellmon::harness
