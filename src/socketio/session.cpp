#include "socketio/session.hpp"

#include <utility>

namespace cellmon::socketio {
namespace {

std::int64_t microseconds(std::chrono::milliseconds time) {
    return std::chrono::microseconds(time).count();
}

}  // namespace

Session::Session(const Limits& limits, std::int64_t now_us)
    : limits_(limits),
      join_until_us_(now_us + microseconds(limits.join_timeout)),
      ping_at_us_(now_us + microseconds(limits.ping_interval)) {}

Session::Demand Session::take(std::string_view text, std::int64_t now_us) {
    if (is_binary(text)) return refuse_binary();
    const auto engine = read_engine_packet(text);
    if (!engine) return End{"no packet of Engine.IO"};
    switch (engine->type) {
        case EngineType::pong:
            pong_until_us_ = 0;
            ping_at_us_ = now_us + microseconds(limits_.ping_interval);
            return Nothing{};
        case EngineType::noop:
            return Nothing{};
        case EngineType::close:
            return End{};
        case EngineType::message: {
            const auto packet = read_packet(engine->data);
            if (!packet) return End{"no packet of Socket.IO"};
            return take_packet(*packet, now_us);
        }
        case EngineType::open:
        case EngineType::ping:
        case EngineType::upgrade:
            break;
    }
    return End{"a packet that is none of a client's"};
}

Session::Demand Session::take_packet(const Packet& packet, std::int64_t now_us) {
    switch (packet.type) {
        case Type::connect:
            return take_connect(packet);
        case Type::binary_event:
        case Type::binary_ack:
            return refuse_binary();
        case Type::connect_error:
            return End{"a packet that is none of a client's"};
        case Type::disconnect:
        case Type::event:
        case Type::ack:
            break;
    }
    if (state_ != State::inside || packet.space != kMainSpace) return End{"not connected"};
    if (packet.type == Type::disconnect) {
        state_ = State::outside;
        join_until_us_ = now_us + microseconds(limits_.join_timeout);
        return Leave{};
    }
    if (packet.type == Type::ack) return Nothing{};  // Nobody asked for one.
    auto event = read_event(packet.data);
    if (!event) return End{"an event is a list that begins with its name"};
    return Call{std::move(*event), packet.id};
}

Session::Demand Session::take_connect(const Packet& packet) {
    if (!packet.data.empty() && !is_json_object(packet.data)) return End{"auth is no object"};
    if (packet.space != kMainSpace) {
        queue(connect_error_packet(packet.space, "Invalid namespace"));
        if (++refusals_ >= limits_.refusals) return End{"too many connects were refused"};
        return Nothing{};
    }
    if (state_ != State::outside) return End{"connected already"};
    state_ = State::asking;
    return Join{std::string(packet.data)};
}

Session::Demand Session::refuse_binary() {
    if (joined()) {
        queue(event_packet("error", R"({"message":"Binary packets are not taken here"})"));
        queue(std::string(kDisconnectPacket));
    }
    return End{"binary packets are not taken here", joined()};
}

bool Session::admit(std::string_view socket_id) {
    if (state_ != State::asking) return false;
    state_ = State::inside;
    queue(connected_packet(socket_id));
    return true;
}

std::optional<Session::End> Session::refuse(std::string_view why) {
    if (state_ != State::asking) return std::nullopt;
    state_ = State::outside;
    queue(connect_error_packet(kMainSpace, why));
    if (++refusals_ < limits_.refusals) return std::nullopt;
    return End{"too many connects were refused"};
}

void Session::queue(SharedPacket packet) {
    if (too_slow_) return;
    // Looks at what waited before: a packet larger than the limit may still go to who keeps up.
    too_slow_ = output_.size() >= limits_.queue_messages || output_bytes_ > limits_.queue_bytes;
    if (too_slow_) {
        output_.clear();
        output_bytes_ = 0;
        return;
    }
    output_bytes_ += packet->size();
    output_.push_back(std::move(packet));
}

void Session::queue(std::string packet) {
    queue(std::make_shared<const std::string>(std::move(packet)));
}

std::deque<SharedPacket> Session::take_output() {
    output_bytes_ = 0;
    return std::exchange(output_, {});
}

std::optional<Session::End> Session::tick(std::int64_t now_us) {
    if (pong_until_us_ != 0 && now_us >= pong_until_us_) return End{"ping timeout"};
    if (state_ == State::outside && now_us >= join_until_us_) return End{"nobody connected"};
    if (pong_until_us_ == 0 && now_us >= ping_at_us_) {
        queue(std::string(kPingPacket));
        pong_until_us_ = now_us + microseconds(limits_.ping_timeout);
    }
    return std::nullopt;
}

}  // namespace cellmon::socketio
