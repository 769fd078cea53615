#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "live/picture.hpp"

namespace cellmon::live {

/// For those who changed something and want to answer when the class shows it. Any thread.
class PictureWaiters final : public PictureListener {
  public:
    using Done = std::function<void()>;

    PictureWaiters();
    /// Calls what still waits.
    ~PictureWaiters() override;

    /// Calls `done` when a picture has come through `sequence`, or after `timeout`: once, inside
    /// this call, on the live thread or on one of its own. It must not block.
    void when_shown(std::uint64_t sequence, std::chrono::milliseconds timeout, Done done);

    void pictured(const Tick& tick) override;

  private:
    struct Waiter {
        std::uint64_t sequence = 0;
        std::chrono::steady_clock::time_point deadline;
        Done done;
    };

    template <typename IsDue>
    std::vector<Waiter> take(IsDue is_due);
    void run(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::uint64_t shown_ = 0;
    std::vector<Waiter> waiting_;
    std::jthread thread_;
};

}  // namespace cellmon::live
