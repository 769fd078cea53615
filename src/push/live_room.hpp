#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/websocket.hpp"
#include "live/picture.hpp"
#include "push/room.hpp"

namespace cellmon::push {

/// A room that somebody looks at. Shared by the hub and the I/O threads.
class LiveRoom {
  public:
    explicit LiveRoom(Room room) : room_(std::move(room)) {}

    [[nodiscard]] const Room& room() const { return room_; }

    /// The snapshot of that picture, serialised once for all who ask. Any thread.
    [[nodiscard]] http::SharedFrame snapshot(const live::PicturePtr& picture);

    /// The sums over the room as of a picture: of that picture alone at first, then of what changed
    /// since the last call. Of the live thread, with each step that touches the room.
    [[nodiscard]] const live::Counters& counters(const live::Picture& picture,
                                                 const std::vector<const live::Change*>& changes);

    // Of the live thread.
    std::uint64_t last_sequence = 0;  ///< Of the latest message to all in the room.

    // Guarded by the hub.
    std::size_t clients = 0;

  private:
    const Room room_;
    std::optional<live::Counters> counters_;  // Of the live thread.
    std::mutex mutex_;
    live::PicturePtr pictured_;
    http::SharedFrame snapshot_;
};

}  // namespace cellmon::push
