#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/websocket.hpp"
#include "live/picture.hpp"
#include "push/live_room.hpp"

namespace cellmon::push {

/// What may wait for one client; docs/reference/live.md, Limits and ends.
struct QueueLimits {
    std::size_t messages = 256;
    std::size_t bytes = std::size_t{1} << 20U;
};

inline constexpr std::uint16_t kTooSlow = 4001;  ///< Close code.

/// Where a client that comes back had got to.
struct ResumePoint {
    std::string epoch;
    std::uint64_t sequence = 0;
};

/// A message for all in a room.
struct RoomMessage {
    std::shared_ptr<LiveRoom> room;
    http::SharedFrame frame;
};

/// What the I/O threads are told of one step of the class.
struct Step {
    std::uint64_t number = 0;
    live::PicturePtr picture;
    std::vector<RoomMessage> messages;
};

/// A connection as a Shard sees it.
struct Client {
    http::WebSocket* socket = nullptr;
    Room wanted;                     ///< As the client named it …
    live::SightSource sight;         ///< … to be bounded by what it may see,
    std::shared_ptr<LiveRoom> room;  ///< which gives the room that it is in.
    std::optional<ResumePoint> resume;

    /// The messages of later steps, and of none before, speak of the client's room.
    std::uint64_t covered_from_step = 0;
    bool greeted = false;     ///< The first message was sent.
    bool overflowed = false;  ///< And the queue was never empty since.
    bool closing = false;
};

/// The clients of one I/O thread. Used by that thread alone, counters excepted.
class Shard {
  public:
    Shard(QueueLimits limits, live::PicturePtr first)
        : limits_(limits), picture_(std::move(first)) {}

    /// Sends the first message, now or with the step that covers the room. The client stays where
    /// it is until leave().
    void join(Client& client);
    void leave(Client& client);
    [[nodiscard]] std::vector<Client*> clients() const;

    /// Sends to one client, within its limits.
    void answer(Client& client, const http::SharedFrame& frame) { deliver(client, frame); }

    /// One that is older than the newest is passed over: all clients for whom it was have left.
    void step(const Step& step);
    void status(http::SharedFrame frame);

    struct Counts {
        std::atomic<std::uint64_t> clients{0};
        std::atomic<std::uint64_t> messages{0};
        std::atomic<std::uint64_t> overflows{0};
        std::atomic<std::uint64_t> too_slow{0};
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    void greet(Client& client);
    void deliver(Client& client, const http::SharedFrame& frame);
    void send(Client& client, const http::SharedFrame& frame);

    const QueueLimits limits_;
    live::PicturePtr picture_;
    std::uint64_t step_ = 0;
    http::SharedFrame status_;  ///< Null before the first.
    std::unordered_map<const LiveRoom*, std::vector<Client*>> rooms_;
    std::vector<Client*> waiting_;  ///< For their first message.
    Counts counts_;
};

}  // namespace cellmon::push
