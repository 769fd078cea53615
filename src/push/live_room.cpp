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

const live::Counters& LiveRoom::counters(const live::Picture& picture,
                                         const std::vector<const live::Change*>& changes) {
    if (!counters_) return counters_.emplace(room_.counters(picture));
    for (const live::Change* change : changes) {
        if (change->before && room_.holds(change->before->view)) {
            counters_->remove(change->before->view);
        }
        if (room_.holds(change->now->view)) counters_->add(change->now->view);
    }
    return *counters_;
}

}  // namespace cellmon::push
