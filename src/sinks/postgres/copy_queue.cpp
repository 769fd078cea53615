#include "sinks/postgres/copy_queue.hpp"

#include <utility>

#include "base/thread.hpp"

namespace cellmon::postgres {
namespace {

constexpr std::size_t kMostSpare = 8;

}  // namespace

CopyQueue::~CopyQueue() {
    clear();
}

Result<void> CopyQueue::push(const std::string& sql, std::string& rows) {
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    changed_.wait(lock, [&] {
        return error_ || waiting_.empty() || waiting_bytes_ + rows.size() <= kMostBytes;
    });
    if (error_) return take_error();
    std::string spare;
    if (!spare_.empty()) {
        spare = std::move(spare_.back());
        spare_.pop_back();
    }
    waiting_bytes_ += rows.size();
    waiting_.push_back({sql, std::exchange(rows, std::move(spare))});
    changed_.notify_all();
    return {};
}

Result<void> CopyQueue::settle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !busy_ && (error_ || waiting_.empty()); });
    return take_error();
}

Result<void> CopyQueue::take_error() {
    if (!error_) return {};
    forget_waiting();
    return fail(*std::exchange(error_, std::nullopt));
}

void CopyQueue::forget_waiting() {
    while (waiting_.size() > (busy_ ? 1U : 0U)) {
        waiting_bytes_ -= waiting_.back().rows.size();
        waiting_.pop_back();
    }
}

void CopyQueue::clear() {
    std::unique_lock lock(mutex_);
    forget_waiting();
    changed_.wait(lock, [&] { return !busy_; });
    error_.reset();
}

void CopyQueue::run(const std::stop_token& stop) {
    set_thread_name("relational copy");
    step_back();
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !waiting_.empty() && !error_; })) {
        busy_ = true;
        Copy& copy = waiting_.front();
        lock.unlock();
        auto copied = pipeline_.copy(copy.sql, copy.rows);
        lock.lock();
        busy_ = false;
        if (!copied) error_ = std::move(copied).error();
        waiting_bytes_ -= copy.rows.size();
        if (spare_.size() < kMostSpare) {
            copy.rows.clear();
            spare_.push_back(std::move(copy.rows));
        }
        waiting_.pop_front();
        changed_.notify_all();
    }
}

}  // namespace cellmon::postgres
