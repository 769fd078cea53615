#include "push/live_room.hpp"

#include "http/websocket_frame.hpp"
#include "push/messages.hpp"

namespace cellmon::push {

http::SharedFrame text_frame(std::string_view message) {
    auto frame = std::make_shared<std::string>();
    frame->reserve(message.size() + 10);
    http::append_frame(*frame, http::Opcode::text, message);
    return frame;
}

http::SharedFrame LiveRoom::snapshot(const live::PicturePtr& picture) {
    const std::lock_guard lock(mutex_);
    if (pictured_ != picture) {
        snapshot_ = text_frame(snapshot_message(*picture, room_));
        pictured_ = picture;
    }
    return snapshot_;
}

}  // namespace cellmon::push
