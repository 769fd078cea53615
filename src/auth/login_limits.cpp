#include "auth/login_limits.hpp"

#include <algorithm>

namespace cellmon::auth {

RateLimit::RateLimit(Rate rate, std::size_t most_keys)
    : step_us_(std::chrono::microseconds(rate.window).count() / rate.count),
      burst_us_(step_us_ * rate.count),
      most_keys_(most_keys) {}

std::int64_t RateLimit::take(std::string_view key, std::int64_t now_us) {
    const std::lock_guard lock(mutex_);
    auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        if (entries_.size() >= most_keys_) {
            by_key_.erase(entries_.back().key);
            entries_.pop_back();
        }
        entries_.push_front({std::string(key), now_us});
        found = by_key_.emplace(entries_.front().key, entries_.begin()).first;
    } else {
        entries_.splice(entries_.begin(), entries_, found->second);
    }
    Entry& entry = *found->second;
    const std::int64_t free_at_us = std::max(entry.free_at_us, now_us) + step_us_;
    if (free_at_us - now_us > burst_us_) return free_at_us - now_us - burst_us_;
    entry.free_at_us = free_at_us;
    return 0;
}

void RateLimit::give_back(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) found->second->free_at_us -= step_us_;
}

void RateLimit::clear(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const auto entry = found->second;
    by_key_.erase(found);
    entries_.erase(entry);
}

std::size_t RateLimit::keys() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

}  // namespace cellmon::auth
