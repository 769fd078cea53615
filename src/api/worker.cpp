#include "api/worker.hpp"

#include "base/thread.hpp"

namespace cellmon::api {

Worker::Worker(const WorkerOptions& options) : options_(options) {
    for (unsigned i = 0; i < options.threads; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

Worker::~Worker() {
    stop();
}

void Worker::stop() {
    std::deque<http::Task> left;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        left.swap(queue_);
    }
    for (std::jthread& thread : threads_)
        thread.request_stop();
    threads_.clear();
}

bool Worker::post(http::Task&& task) {
    const std::lock_guard lock(mutex_);
    if (stopped_ || queue_.size() >= options_.most_queued) return false;
    queue_.push_back(std::move(task));
    wake_.notify_one();
    return true;
}

void Worker::run(const std::stop_token& stop) {
    set_thread_name(options_.name);
    if (options_.steps_back) step_back();
    while (true) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
        if (stop.stop_requested()) return;
        http::Task task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task();
    }
}

}  // namespace cellmon::api
