#include "push/bounded_send.hpp"

#include "push/shard.hpp"

namespace cellmon::push {

void send_bounded(http::WebSocket& socket, const http::SharedFrame& frame,
                  std::size_t queue_bytes) {
    if (socket.queued_bytes() <= queue_bytes) return socket.send(frame);
    socket.drop_unsent();
    socket.close(kTooSlow, "too slow");
}

}  // namespace cellmon::push
