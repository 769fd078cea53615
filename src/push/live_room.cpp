#include "push/live_room.hpp"

#include "http/websocket_frame.hpp"
#include "push/messages.hpp"

namespace cellmon::push {

http::SharedFrame LiveRoom::snapshot(const live::PicturePtr& picture) {
    const std::lock_guard lock(mutex_);
    if (pictured_ != picture) {
        snapshot_ = http::text_frame(snapshot_message(*picture, room_));
        pictured_ = picture;
    }
    return snapshot_;
}

}  // namespace cellmon::push
