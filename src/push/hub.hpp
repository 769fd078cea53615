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

    /// A client of `/api/v1/live` that looks at what it may see of `wanted`. On an I/O thread.
    [[nodiscard]] std::unique_ptr<http::WebSocketSession> make_session(
        Room wanted, std::optional<ResumePoint> resume, live::SightSource sight);

    /// Sends a fresh snapshot to each client that may see others than before. Any thread; the
    /// sources of sight tell of the change already.
    void sights_changed();

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

    /// Enters the client into the room that it may see now, and into the shard.
    void enter(Client& client, Shard& shard);
    void leave(Client& client);
    void move_clients(Shard& shard);

    /// Numbers the step and gives the rooms that somebody looks at and of which it speaks; nothing
    /// when nobody looks at any.
    [[nodiscard]] std::optional<Touched> touched_rooms(const live::Tick& tick,
                                                       const std::shared_ptr<Step>& step);
    [[nodiscard]] std::vector<std::shared_ptr<LiveRoom>> bounded_rooms() const;
    template <typename Work>
    void post_to_all(const Work& work);

    const QueueLimits limits_;
    const Dependencies dependencies_;
    std::vector<std::unique_ptr<Shard>> shards_;  // One for each I/O thread.

    std::mutex rooms_mutex_;
    Rooms rooms_;
    std::uint64_t steps_ = 0;             // Those for which rooms_ was asked.
    std::shared_ptr<const Step> unseen_;  // The newest, when nobody looked: no thread was told.
};

}  // namespace cellmon::push
