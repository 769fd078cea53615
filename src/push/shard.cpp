#include "push/shard.hpp"

#include <algorithm>

#include "http/websocket_frame.hpp"
#include "push/messages.hpp"

namespace cellmon::push {
namespace {

void add(std::atomic<std::uint64_t>& count) {
    // One writer, so no locked instruction is needed.
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

void Shard::join(Client& client) {
    rooms_[client.room.get()].push_back(&client);
    ++counts_.clients;
    // A step that was made before the hub knew of the room may still be on its way; a snapshot
    // older than it would miss what it changed.
    if (client.covered_from_step > step_) return waiting_.push_back(&client);
    greet(client);
}

void Shard::leave(Client& client) {
    const auto room = rooms_.find(client.room.get());
    std::erase(room->second, &client);
    if (room->second.empty()) rooms_.erase(room);
    std::erase(waiting_, &client);
    --counts_.clients;
}

std::vector<Client*> Shard::clients() const {
    std::vector<Client*> all;
    for (const auto& [room, clients] : rooms_)
        all.insert(all.end(), clients.begin(), clients.end());
    return all;
}

void Shard::step(const Step& step) {
    if (step.number <= step_) return;
    step_ = step.number;
    picture_ = step.picture;
    for (const RoomMessage& message : step.messages) {
        const auto room = rooms_.find(message.room.get());
        if (room == rooms_.end()) continue;
        for (Client* client : room->second) {
            if (client->greeted) deliver(*client, message.frame);
        }
    }
    std::erase_if(waiting_, [this](Client* client) {
        if (client->covered_from_step > step_) return false;
        greet(*client);
        return true;
    });
}

void Shard::status(http::SharedFrame frame) {
    status_ = std::move(frame);
    for (const auto& [room, clients] : rooms_) {
        for (Client* client : clients) {
            if (client->greeted) deliver(*client, status_);
        }
    }
}

void Shard::greet(Client& client) {
    client.greeted = true;
    const Room& room = client.room->room();
    if (client.resume &&
        can_resume(*picture_, room, client.resume->epoch, client.resume->sequence)) {
        send(client, http::text_frame(resume_message(*picture_, room, client.resume->sequence)));
    } else {
        send(client, client.room->snapshot(picture_));
    }
    if (status_) send(client, status_);
}

void Shard::deliver(Client& client, const http::SharedFrame& frame) {
    if (client.closing) return;
    const std::size_t waiting = client.socket->queued_messages();
    if (waiting == 0) client.overflowed = false;
    // Whoever keeps up may get a message of any size.
    if (waiting == 0 || (waiting < limits_.messages &&
                         client.socket->queued_bytes() + frame->size() <= limits_.bytes)) {
        return send(client, frame);
    }
    client.socket->drop_unsent();
    if (client.overflowed) {
        client.closing = true;
        add(counts_.too_slow);
        return client.socket->close(kTooSlow, "too slow");
    }
    client.overflowed = true;
    add(counts_.overflows);
    send(client, client.room->snapshot(picture_));
    if (status_) send(client, status_);
}

void Shard::send(Client& client, const http::SharedFrame& frame) {
    add(counts_.messages);
    client.socket->send(frame);
}

}  // namespace cellmon::push
