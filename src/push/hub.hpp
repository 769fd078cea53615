#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/task.hpp"
#include "http/websocket.hpp"
#include "live/picture.hpp"
#include "push/live_room.hpp"
#include "push/shard.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::push {

/// Sends each step of the class to every client that looks at it: a message is serialised once for
/// a room, and each I/O thread is woken once.
///
/// Must outlive its sessions and the threads on which `post` runs tasks.
class Hub final : public live::PictureListener {
  public:
    struct Dependencies {
        unsigned threads = 1;
        /// Runs a task on an I/O thread, later, in the order of the calls.
        std::function<void(unsigned thread, http::Task task)> post;
    };

    /// `first` is what clients see until the first step.
    Hub(QueueLimits limits, const live::PicturePtr& first, Dependencies dependencies);

    /// A client of `/api/v1/live`. On an I/O thread.
    [[nodiscard]] std::unique_ptr<http::WebSocketSession> make_session(
        Room room, std::optional<ResumePoint> resume);

    void pictured(const live::Tick& tick) override;

    /// Sends the message to every client, and to each new one behind its first message. Any thread.
    void publish_status(std::string_view message);

    /// How many there are now. Any thread.
    [[nodiscard]] std::size_t clients() const;

    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    class Session;
    using Rooms = std::unordered_map<std::string, std::shared_ptr<LiveRoom>>;
    using Touched = std::unordered_map<std::shared_ptr<LiveRoom>, std::vector<const live::Change*>>;

    /// Enters the client into its room.
    void enter(Client& client, const Room& room);
    void leave(Client& client);

    /// The rooms that somebody looks at and of which the step speaks.
    [[nodiscard]] Touched touched_rooms(const live::Tick& tick, std::uint64_t& step_number);
    template <typename Work>
    void post_to_all(const Work& work);

    const QueueLimits limits_;
    const Dependencies dependencies_;
    std::vector<std::unique_ptr<Shard>> shards_;  // One for each I/O thread.

    std::mutex rooms_mutex_;
    Rooms rooms_;
    std::uint64_t steps_ = 0;  // Those for which rooms_ was asked.
};

}  // namespace cellmon::push
