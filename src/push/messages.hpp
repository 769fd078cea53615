#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "live/picture.hpp"
#include "push/room.hpp"

// The messages of docs/reference/live.md as JSON text.

namespace cellmon::push {

/// The name of a history on the wire: journal id and epoch.
[[nodiscard]] std::string epoch_of(const live::Picture& picture);

/// The whole room.
[[nodiscard]] std::string snapshot_message(const live::Picture& picture, const Room& room);

/// The changes that touch the room, one step of it. `counters`: its sums behind them. `from`: the
/// sequence of the room's last message.
[[nodiscard]] std::string delta_message(const live::Picture& picture, const Room& room,
                                        const live::Counters& counters, std::uint64_t from,
                                        const std::vector<const live::Change*>& changes);

/// Whether a client that left at `sequence` of `epoch` can go on with one delta.
[[nodiscard]] bool can_resume(const live::Picture& picture, const Room& room,
                              std::string_view epoch, std::uint64_t sequence);

/// All that changed since `sequence`; only where can_resume().
[[nodiscard]] std::string resume_message(const live::Picture& picture, const Room& room,
                                         std::uint64_t sequence);

}  // namespace cellmon::push
