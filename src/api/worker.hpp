#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "http/task.hpp"

namespace cellmon::api {

/// Named limits; those of the classroom have lines in docs/reference/configuration.md.
struct WorkerOptions {
    unsigned threads = 1;
    std::size_t most_queued = 64;
    std::string_view name = "api";

    /// Whether the threads that an event waits for go first: for work that takes a processor long.
    bool steps_back = false;
};

/// Threads, one unless told otherwise, for requests that read disks or ask a database, so that no
/// I/O thread waits for one. Their queue is bounded.
class Worker {
  public:
    explicit Worker(const WorkerOptions& options = {});

    /// stop().
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// False when the queue is full, or behind stop(); `task` is then untouched.
    [[nodiscard]] bool post(http::Task&& task);

    /// Finishes the tasks in hand; queued ones are destroyed, which answers their requests with
    /// 500. Takes none from now on. Not to be called by two threads at once.
    void stop();

  private:
    void run(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<http::Task> queue_;
    bool stopped_ = false;
    const WorkerOptions options_;
    std::vector<std::jthread> threads_;
};

}  // namespace cellmon::api
