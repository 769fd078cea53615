#include "api/client_sockets.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "api/body_fields.hpp"
#include "api/gate.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"
#include "http/websocket_frame.hpp"
#include "push/bounded_send.hpp"

namespace cellmon::api {
namespace {

/// Of one connection.
constexpr auth::Rate kMessages{600, std::chrono::minutes(1)};

using simdjson::dom::element;
using simdjson::dom::object;

std::string error_frame(std::string_view message) {
    return RowJson().text("type", "error").text("message", message).end();
}

}  // namespace

class ClientSockets::Session final : public http::WebSocketSession {
  public:
    Session(ClientSockets& owner, std::string its_key, std::string client_id, std::string its_room)
        : key(std::move(its_key)),
          room(std::move(its_room)),
          owner_(owner),
          client_id_(std::move(client_id)) {}

    void opened(http::WebSocket& socket) override {
        socket_ = &socket;
        owner_.joined(*this);
        say(RowJson()
                .text("type", "connection_established")
                .text("client_id", client_id_)
                .text("client_type", "student")
                .offset_time("connected_at", owner_.clock_.now_us())
                .text("message", "Connected to room " + room)
                .end());
    }

    void received(std::string_view text) override {
        if (owner_.messages_.take(std::to_string(number), owner_.clock_.steady_us()) > 0) {
            return socket_->close(kTooMany, "too many messages");
        }
        simdjson::dom::parser parser;
        element value;
        if (parser.parse(text.data(), text.size()).get(value) != simdjson::SUCCESS) {
            return take_text(text);
        }
        object message;
        if (value.get(message) != simdjson::SUCCESS) return say(error_frame("Not a JSON object"));
        take(message);
    }

    void closed() override { owner_.left(*this); }

    void send(const http::SharedFrame& frame) {
        push::send_bounded(*socket_, frame, owner_.queue_bytes_);
    }
    void replace() {
        // A client that opens anew whatever ends otherwise would take the place back for ever.
        socket_->close(http::kNormalClosure, "another connection took its place");
    }
    [[nodiscard]] unsigned thread() const { return socket_->thread(); }

    const std::string key;     ///< Whose place it takes.
    std::string room;          ///< Changed by ClientSockets::move() alone.
    std::uint64_t number = 0;  ///< Set when it is open.

  private:
    void say(const std::string& json) { send(http::text_frame(json)); }

    void take_text(std::string_view text) {
        owner_.say_to_room(room, RowJson()
                                     .text("type", "text_message")
                                     .text("from_client", client_id_)
                                     .text("message", text)
                                     .text("room", room)
                                     .offset_time("timestamp", owner_.clock_.now_us())
                                     .end());
    }

    void take(object message) {
        const TimeUs now = owner_.clock_.now_us();
        std::string_view type;
        if (message["type"].get(type) != simdjson::SUCCESS)
            return say(error_frame("type: a text is missing"));
        if (type == "ping") {
            return say(RowJson().text("type", "pong").offset_time("timestamp", now).end());
        }
        if (type == "progress_update") {
            element data;
            const bool told = message["data"].get(data) == simdjson::SUCCESS;
            return owner_.say_to_room(
                room, RowJson()
                          .text("type", "progress_broadcast")
                          .text("from_client", client_id_)
                          .json("data", told ? std::string(simdjson::minify(data)) : "{}")
                          .offset_time("timestamp", now)
                          .end());
        }
        if (type == "status_request") {
            return say(RowJson()
                           .text("type", "status_response")
                           .json("stats", owner_.stats_json(room))
                           .offset_time("timestamp", now)
                           .end());
        }
        if (type == "join_room") return join(message, now);
        say(error_frame(fmt::format("Unknown message type: {}", type.substr(0, 64))));
    }

    void join(object message, TimeUs now) {
        std::string_view wanted;
        if (message["room"].get(wanted) != simdjson::SUCCESS || !is_line(wanted, {1, kMostName})) {
            return say(error_frame("room: a text of 1 to 128 characters is missing"));
        }
        owner_.move(*this, std::string(wanted));
        say(RowJson()
                .text("type", "room_joined")
                .text("room", room)
                .offset_time("timestamp", now)
                .end());
    }

    ClientSockets& owner_;
    const std::string client_id_;
    http::WebSocket* socket_ = nullptr;
};

ClientSockets::ClientSockets(std::size_t queue_bytes, http::IoThreads& threads, const Clock& clock)
    : queue_bytes_(queue_bytes),
      threads_(threads),
      clock_(clock),
      messages_(kMessages),
      sessions_(threads.size()) {}

http::UpgradeDecision ClientSockets::accept(const http::Request& request) {
    const std::string& client_id = request.path_value("client_id");
    if (!is_line(client_id, {1, kMostName})) {
        Issues issues;
        issues.add("value_error", R"("path","client_id")",
                   "It should have 1 to 128 characters of one line", "null");
        return issues.refusal();
    }
    auto room = query_line(request, "room", {1, kMostName}, "default");
    if (!room) return std::move(room).error();
    const auth::Caller* caller = caller_if_any(request);
    return std::make_unique<Session>(
        *this, fmt::format("{} {}", caller == nullptr ? 0 : caller->account.id, client_id),
        client_id, std::move(*room));
}

std::size_t ClientSockets::connections() const {
    const std::lock_guard lock(mutex_);
    return open_;
}

void ClientSockets::joined(Session& session) {
    std::optional<Place> older;
    {
        const std::lock_guard lock(mutex_);
        session.number = ++newest_;
        ++open_;
        Place& place = places_[session.key];
        if (place.number != 0) older = place;
        place = {session.number, session.thread()};
    }
    sessions_[session.thread()].all.emplace(session.number, &session);
    enter(session);
    if (!older) return;
    threads_.post(older->thread, [this, older = *older] {
        const auto found = sessions_[older.thread].all.find(older.number);
        if (found != sessions_[older.thread].all.end()) found->second->replace();
    });
}

void ClientSockets::left(Session& session) {
    leave(session);
    sessions_[session.thread()].all.erase(session.number);
    const std::lock_guard lock(mutex_);
    --open_;
    const auto place = places_.find(session.key);
    if (place != places_.end() && place->second.number == session.number) places_.erase(place);
}

void ClientSockets::move(Session& session, std::string room) {
    leave(session);
    session.room = std::move(room);
    enter(session);
}

void ClientSockets::enter(Session& session) {
    sessions_[session.thread()].rooms.emplace(session.room, &session);
    const std::lock_guard lock(mutex_);
    ++rooms_[session.room];
}

void ClientSockets::leave(Session& session) {
    auto& rooms = sessions_[session.thread()].rooms;
    const auto [first, last] = rooms.equal_range(session.room);
    for (auto one = first; one != last; ++one) {
        if (one->second != &session) continue;
        rooms.erase(one);
        break;
    }
    const std::lock_guard lock(mutex_);
    const auto count = rooms_.find(session.room);
    if (--count->second == 0) rooms_.erase(count);
}

void ClientSockets::say_to_room(std::string_view room, const std::string& json) {
    const http::SharedFrame frame = http::text_frame(json);
    for (unsigned thread = 0; thread < threads_.size(); ++thread) {
        threads_.post(thread, [this, thread, room = std::string(room), frame] {
            const auto [first, last] = sessions_[thread].rooms.equal_range(room);
            for (auto one = first; one != last; ++one)
                one->second->send(frame);
        });
    }
}

std::string ClientSockets::stats_json(const std::string& room) const {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(room);
    const std::size_t in_room = found == rooms_.end() ? 0 : found->second;
    std::string rooms;
    event::JsonObject object(rooms);
    // Its own alone: who knows the name of a room may hear what is said there.
    std::string name;
    event::append_json_string(name, room);
    object.number(std::string_view(name).substr(1, name.size() - 2), in_room);
    object.end();
    return RowJson()
        .put("total_connections", static_cast<std::int64_t>(open_))
        .json("rooms", rooms)
        .json("connections_by_type",
              RowJson().put("student", static_cast<std::int64_t>(open_)).end())
        .end();
}

}  // namespace cellmon::api
