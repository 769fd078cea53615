#include "server/stored_watch.hpp"

#include <chrono>
#include <utility>

#include "base/thread.hpp"

namespace cellmon::server {

StoredWatch::StoredWatch(std::unique_ptr<relational::StoredCheck> check, telemetry::Log& log)
    : check_(std::move(check)),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StoredWatch::~StoredWatch() {
    thread_.request_stop();
    // A store that says nothing keeps no stop waiting.
    check_->interrupt();
}

std::optional<relational::StoredTotals> StoredWatch::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

void StoredWatch::run(const std::stop_token& stop) {
    constexpr std::chrono::seconds kBetweenLooks{1};
    set_thread_name("stored");
    step_back();
    while (!stop.stop_requested()) {
        look();
        rest(kBetweenLooks, stop);
    }
}

void StoredWatch::look() {
    const auto found = check_->advance(kEntriesPerInterval);
    {
        const std::lock_guard lock(mutex_);
        totals_ = found ? std::optional(*found) : std::nullopt;
    }
    if (found) {
        said_ = false;
        return;
    }
    // Before the first batch there is no store; that one is away is said by its projection.
    const ErrorCode code = found.error().code;
    if (said_ || code == ErrorCode::not_found || code == ErrorCode::unavailable) return;
    said_ = true;
    log_.error("the stored events cannot be compared with the journal: {}", found.error().message);
}

}  // namespace cellmon::server
