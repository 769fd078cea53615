#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

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

    // Of the live thread.
    std::uint64_t last_sequence = 0;  ///< Of the latest message to all in the room.

    // Guarded by the hub.
    std::size_t clients = 0;

  private:
    const Room room_;
    std::mutex mutex_;
    live::PicturePtr pictured_;
    http::SharedFrame snapshot_;
};

}  // namespace cellmon::push
