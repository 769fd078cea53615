#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

/// Holds the messages of one connection against the rules of the page.
class LiveOrder {
  public:
    /// Empty, or the rule that the message breaks. A status or another type always passes.
    [[nodiscard]] std::string_view take(const LiveMessage& message);

    /// Of the last snapshot or delta; 0 before the first.
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

  private:
    std::string epoch_;  ///< Empty before the snapshot.
    std::uint64_t sequence_ = 0;
};

}  // namespace cellmon::harness
