#include "api/worker.hpp"

namespace cellmon::api {

Worker::Worker() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

bool Worker::post(http::Task&& task) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxQueued) return false;
    queue_.push_back(std::move(task));
    wake_.notify_one();
    return true;
}

void Worker::run(const std::stop_token& stop) {
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
