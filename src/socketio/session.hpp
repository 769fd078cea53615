#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "socketio/limits.hpp"
#include "socketio/packet.hpp"

namespace cellmon::socketio {

/// A packet, shared by all who get it.
using SharedPacket = std::shared_ptr<const std::string>;

/// What one client is in: whether it has joined, what waits for it, and when it counts as dead. No
/// sockets, no threads; times are Clock::steady_us().
class Session {
  public:
    Session(const Limits& limits, std::int64_t now_us);

    // What a packet asks for, beyond what the session does by itself.
    struct Nothing {};
    struct Join {
        std::string auth;  ///< A JSON object, or empty.
    };
    struct Call {
        Event event;
        std::optional<std::uint64_t> ack;  ///< The client waits for an answer of this number.
    };
    struct Leave {};
    /// The session is over.
    struct End {
        std::string reason;    ///< What was wrong; empty: nothing, the client said good-bye.
        bool is_told = false;  ///< What waits for the client says so.
    };
    using Demand = std::variant<Nothing, Join, Call, Leave, End>;

    /// Of the transport in use, whole.
    [[nodiscard]] Demand take(std::string_view engine_packet, std::int64_t now_us);

    /// Answers a Join, once; false when nobody waits for it any more.
    [[nodiscard]] bool admit(std::string_view socket_id);

    /// The same; the End is set when that was one too many.
    [[nodiscard]] std::optional<End> refuse(std::string_view why);

    [[nodiscard]] bool joined() const { return state_ == State::inside; }

    /// Between a Join and a Leave.
    [[nodiscard]] bool asked() const { return state_ != State::outside; }

    void queue(SharedPacket packet);
    void queue(std::string packet);

    /// More waits than may: nobody is sent more, and the session ends.
    [[nodiscard]] bool too_slow() const { return too_slow_; }
    [[nodiscard]] bool has_output() const { return !output_.empty(); }
    [[nodiscard]] std::deque<SharedPacket> take_output();

    /// Queues a ping when it is time for one; the reason when the client counts as dead.
    [[nodiscard]] std::optional<End> tick(std::int64_t now_us);

  private:
    enum class State : std::uint8_t { outside, asking, inside };

    [[nodiscard]] Demand take_packet(const Packet& packet, std::int64_t now_us);
    [[nodiscard]] Demand take_connect(const Packet& packet);
    [[nodiscard]] Demand refuse_binary();

    const Limits& limits_;
    State state_ = State::outside;
    unsigned refusals_ = 0;
    std::int64_t join_until_us_;
    std::int64_t ping_at_us_;
    std::int64_t pong_until_us_ = 0;  ///< 0: no ping is out.
    std::deque<SharedPacket> output_;
    std::size_t output_bytes_ = 0;
    bool too_slow_ = false;
};

}  // namespace cellmon::socketio
