#include "push/hub.hpp"

#include <utility>

#include "http/websocket_frame.hpp"
#include "push/client_message.hpp"
#include "push/messages.hpp"

namespace cellmon::push {
namespace {

constexpr std::string_view kPong = R"({"type":"pong"})";

}  // namespace

/// One client. On its I/O thread.
class Hub::Session final : public http::WebSocketSession {
  public:
    Session(Hub& hub, Room room, std::optional<ResumePoint> resume)
        : hub_(hub), room_(std::move(room)) {
        client_.resume = std::move(resume);
    }

    void opened(http::WebSocket& socket) override {
        client_.socket = &socket;
        hub_.enter(client_, room_);
        shard().join(client_);
    }

    void received(std::string_view text) override {
        if (type_of(text) == "ping") shard().answer(client_, http::text_frame(kPong));
    }

    void closed() override {
        shard().leave(client_);
        hub_.leave(client_);
    }

  private:
    Shard& shard() { return *hub_.shards_[client_.socket->thread()]; }

    Hub& hub_;
    const Room room_;
    Client client_;
};

Hub::Hub(QueueLimits limits, const live::PicturePtr& first, Dependencies dependencies)
    : limits_(limits), dependencies_(std::move(dependencies)) {
    for (unsigned i = 0; i < dependencies_.threads; ++i)
        shards_.push_back(std::make_unique<Shard>(limits_, first));
}

std::unique_ptr<http::WebSocketSession> Hub::make_session(Room room,
                                                          std::optional<ResumePoint> resume) {
    return std::make_unique<Session>(*this, std::move(room), std::move(resume));
}

void Hub::enter(Client& client, const Room& room) {
    const std::lock_guard lock(rooms_mutex_);
    std::shared_ptr<LiveRoom>& place = rooms_[room.key()];
    if (!place) place = std::make_shared<LiveRoom>(room);
    ++place->clients;
    client.room = place;
    client.covered_from_step = steps_;
}

void Hub::leave(Client& client) {
    const std::lock_guard lock(rooms_mutex_);
    if (--client.room->clients == 0) rooms_.erase(client.room->room().key());
}

Hub::Touched Hub::touched_rooms(const live::Tick& tick, std::uint64_t& step_number) {
    Touched touched;
    const std::lock_guard lock(rooms_mutex_);
    step_number = ++steps_;
    if (rooms_.empty()) return touched;
    for (const live::Change& change : tick.changes) {
        const auto touch = [&](const std::string& key) {
            const auto room = rooms_.find(key);
            if (room == rooms_.end()) return;
            auto& changes = touched[room->second];
            if (changes.empty() || changes.back() != &change) changes.push_back(&change);
        };
        for_each_room_key(change.now->view, touch);
        if (change.before) for_each_room_key(change.before->view, touch);
    }
    return touched;
}

void Hub::pictured(const live::Tick& tick) {
    auto step = std::make_shared<Step>();
    step->picture = tick.picture;
    for (const auto& [room, changes] : touched_rooms(tick, step->number)) {
        step->messages.push_back(
            {room, http::text_frame(
                       delta_message(*tick.picture, room->room(), room->last_sequence, changes))});
        room->last_sequence = tick.picture->sequence;
    }
    post_to_all([step](Shard& shard) { shard.step(*step); });
}

void Hub::publish_status(std::string_view message) {
    post_to_all([frame = http::text_frame(message)](Shard& shard) { shard.status(frame); });
}

template <typename Work>
void Hub::post_to_all(const Work& work) {
    for (unsigned thread = 0; thread < shards_.size(); ++thread) {
        dependencies_.post(thread, [&shard = *shards_[thread], work] { work(shard); });
    }
}

std::size_t Hub::clients() const {
    std::size_t clients = 0;
    for (const auto& shard : shards_)
        clients += shard->counts().clients.load();
    return clients;
}

std::vector<telemetry::MetricFamily> Hub::metrics() const {
    double messages = 0;
    double overflows = 0;
    double too_slow = 0;
    for (const auto& shard : shards_) {
        messages += static_cast<double>(shard->counts().messages.load());
        overflows += static_cast<double>(shard->counts().overflows.load());
        too_slow += static_cast<double>(shard->counts().too_slow.load());
    }
    using telemetry::counter;
    using telemetry::gauge;
    return {
        gauge("cellmon_push_clients", "Clients of the live socket", static_cast<double>(clients())),
        counter("cellmon_push_messages_total", "Messages sent to clients", messages),
        counter("cellmon_push_overflows_total", "Queues that a snapshot replaced", overflows),
        counter("cellmon_push_too_slow_total", "Clients closed because they did not keep up",
                too_slow),
    };
}

}  // namespace cellmon::push
