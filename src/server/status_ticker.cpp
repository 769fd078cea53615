#include "server/status_ticker.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/thread.hpp"
#include "push/status.hpp"

namespace cellmon::server {

StatusTicker::StatusTicker(Dependencies dependencies)
    : dependencies_(std::move(dependencies)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StatusTicker::~StatusTicker() {
    thread_.request_stop();
    // A store that says nothing keeps no stop waiting.
    dependencies_.stored_check->interrupt();
}

void StatusTicker::run(const std::stop_token& stop) {
    set_thread_name("status");
    step_back();
    std::mutex mutex;
    std::condition_variable_any pause;
    std::string published;
    while (!stop.stop_requested()) {
        check_store();
        if (std::string text = message(); text != published) {
            dependencies_.hub.publish_status(text);
            dependencies_.board.put(text);
            published = std::move(text);
        }
        std::unique_lock lock(mutex);
        pause.wait_for(lock, stop, kInterval, [] { return false; });
    }
}

std::string StatusTicker::message() {
    delivery::StudentDelivery all;
    for (const auto& student : dependencies_.delivery.students())
        all.add(student);
    push::StatusReport report;
    report.received = all.received;
    report.missing = all.missing;
    report.resent = all.duplicates;
    if (stored_) {
        // An event that has no row is missing to whoever looks for it.
        report.missing += stored_->absent;
        report.doubled = stored_->doubled;
        report.checked_through = stored_->checked_through;
    }
    report.projections = dependencies_.projections();
    return push::status_message(report);
}

void StatusTicker::check_store() {
    const auto totals = dependencies_.stored_check->advance(kEntriesPerInterval);
    if (totals) {
        stored_ = *totals;
        said_ = false;
        return;
    }
    stored_.reset();
    // Before the first batch there is no store; that one is away is said by its projection.
    const ErrorCode code = totals.error().code;
    if (said_ || code == ErrorCode::not_found || code == ErrorCode::unavailable) return;
    said_ = true;
    dependencies_.log.error("the stored events cannot be compared with the journal: {}",
                            totals.error().message);
}

}  // namespace cellmon::server
