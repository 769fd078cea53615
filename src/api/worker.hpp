#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

#include "http/task.hpp"

namespace cellmon::api {

/// One thread for requests that read disks, so that no I/O thread waits for one. Its queue is
/// bounded.
class Worker {
  public:
    static constexpr std::size_t kMaxQueued = 64;

    Worker();

    /// Finishes the task in hand; queued ones are destroyed, which answers their requests with 500.
    ~Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// False when the queue is full; `task` is then untouched.
    [[nodiscard]] bool post(http::Task&& task);

  private:
    void run(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<http::Task> queue_;
    std::jthread thread_;
};

}  // namespace cellmon::api
