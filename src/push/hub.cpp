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
    Session(Hub& hub, Room wanted, std::optional<ResumePoint> resume, live::SightSource sight)
        : hub_(hub) {
        client_.wanted = std::move(wanted);
        client_.resume = std::move(resume);
        client_.sight = std::move(sight);
    }

    void opened(http::WebSocket& socket) override {
        client_.socket = &socket;
        hub_.enter(client_, shard());
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
    Client client_;
};

Hub::Hub(QueueLimits limits, const live::PicturePtr& first, Dependencies dependencies)
    : limits_(limits), dependencies_(std::move(dependencies)) {
    for (unsigned i = 0; i < dependencies_.threads; ++i)
        shards_.push_back(std::make_unique<Shard>(limits_, first));
}

std::unique_ptr<http::WebSocketSession> Hub::make_session(Room wanted,
                                                          std::optional<ResumePoint> resume,
                                                          live::SightSource sight) {
    return std::make_unique<Session>(*this, std::move(wanted), std::move(resume), std::move(sight));
}

void Hub::enter(Client& client, Shard& shard) {
    const Room room = client.wanted.bounded_by(live::look_through(client.sight));
    std::shared_ptr<const Step> unseen;
    {
        const std::lock_guard lock(rooms_mutex_);
        std::shared_ptr<LiveRoom>& place = rooms_[room.key()];
        if (!place) place = std::make_shared<LiveRoom>(room);
        ++place->clients;
        client.room = place;
        client.covered_from_step = steps_;
        unseen = unseen_;
    }
    if (unseen) shard.step(*unseen);
    shard.join(client);
}

void Hub::leave(Client& client) {
    const std::lock_guard lock(rooms_mutex_);
    if (--client.room->clients == 0) rooms_.erase(client.room->room().key());
}

void Hub::sights_changed() {
    post_to_all([this](Shard& shard) { move_clients(shard); });
}

void Hub::move_clients(Shard& shard) {
    for (Client* client : shard.clients()) {
        if (!client->sight || client->closing) continue;
        if (client->wanted.bounded_by(client->sight()) == client->room->room()) continue;
        // What waits was made for somebody who may not see it any more.
        client->socket->drop_unsent();
        shard.leave(*client);
        leave(*client);
        client->resume.reset();
        client->greeted = false;
        enter(*client, shard);
    }
}

std::optional<Hub::Touched> Hub::touched_rooms(const live::Tick& tick,
                                               const std::shared_ptr<Step>& step) {
    const std::lock_guard lock(rooms_mutex_);
    step->number = ++steps_;
    unseen_ = rooms_.empty() ? step : nullptr;
    if (unseen_) return std::nullopt;
    Touched touched;
    const auto bounded = bounded_rooms();
    for (const live::Change& change : tick.changes) {
        const auto touch = [&](const std::string& key) {
            const auto room = rooms_.find(key);
            if (room == rooms_.end()) return;
            auto& changes = touched[room->second];
            if (changes.empty() || changes.back() != &change) changes.push_back(&change);
        };
        for_each_room_key(change.now->view, touch);
        if (change.before) for_each_room_key(change.before->view, touch);
        for (const auto& room : bounded) {
            if (room->room().holds(change.now->view) ||
                (change.before && room->room().holds(change.before->view))) {
                touched[room].push_back(&change);
            }
        }
    }
    return touched;
}

/// There are as many as sets of classes that are looked at, so each is asked for each change.
std::vector<std::shared_ptr<LiveRoom>> Hub::bounded_rooms() const {
    std::vector<std::shared_ptr<LiveRoom>> bounded;
    for (const auto& [key, room] : rooms_) {
        if (room->room().sight) bounded.push_back(room);
    }
    return bounded;
}

void Hub::pictured(const live::Tick& tick) {
    auto step = std::make_shared<Step>();
    step->picture = tick.picture;
    const auto touched = touched_rooms(tick, step);
    if (!touched) return;
    for (const auto& [room, changes] : *touched) {
        const live::Counters& counters = room->counters(*tick.picture, changes);
        step->messages.push_back(
            {room, http::text_frame(delta_message(*tick.picture, room->room(), counters,
                                                  room->last_sequence, changes))});
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
