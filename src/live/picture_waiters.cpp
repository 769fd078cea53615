#include "live/picture_waiters.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/thread.hpp"

namespace cellmon::live {

PictureWaiters::PictureWaiters() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

PictureWaiters::~PictureWaiters() {
    thread_.request_stop();
    thread_.join();
    for (const Waiter& waiter : waiting_)
        waiter.done();
}

void PictureWaiters::when_shown(std::uint64_t sequence, std::chrono::milliseconds timeout,
                                Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (sequence > shown_) {
            waiting_.push_back(
                {sequence, std::chrono::steady_clock::now() + timeout, std::move(done)});
            wake_.notify_one();
            return;
        }
    }
    done();
}

void PictureWaiters::pictured(const Tick& tick) {
    std::vector<Waiter> due;
    {
        const std::lock_guard lock(mutex_);
        shown_ = tick.picture->sequence;
        due = take([&](const Waiter& waiter) { return waiter.sequence <= shown_; });
    }
    for (const Waiter& waiter : due)
        waiter.done();
}

template <typename IsDue>
std::vector<PictureWaiters::Waiter> PictureWaiters::take(IsDue is_due) {
    const auto first = std::partition(waiting_.begin(), waiting_.end(),
                                      [&](const Waiter& waiter) { return !is_due(waiter); });
    std::vector<Waiter> due(std::make_move_iterator(first),
                            std::make_move_iterator(waiting_.end()));
    waiting_.erase(first, waiting_.end());
    return due;
}

void PictureWaiters::run(const std::stop_token& stop) {
    set_thread_name("picture-wait");
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (waiting_.empty()) {
            wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
            continue;
        }
        const auto next = std::min_element(
            waiting_.begin(), waiting_.end(),
            [](const Waiter& a, const Waiter& b) { return a.deadline < b.deadline; });
        const auto deadline = next->deadline;
        wake_.wait_until(lock, stop, deadline, [&] {
            return std::any_of(waiting_.begin(), waiting_.end(),
                               [&](const Waiter& waiter) { return waiter.deadline < deadline; });
        });
        const auto now = std::chrono::steady_clock::now();
        const std::vector<Waiter> late =
            take([&](const Waiter& waiter) { return waiter.deadline <= now; });
        lock.unlock();
        for (const Waiter& waiter : late)
            waiter.done();
        lock.lock();
    }
}

}  // namespace cellmon::live
