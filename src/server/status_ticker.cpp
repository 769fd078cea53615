#include "server/status_ticker.hpp"

#include <utility>

#include "base/thread.hpp"
#include "push/status.hpp"

namespace cellmon::server {

StatusTicker::StatusTicker(Dependencies dependencies)
    : dependencies_(std::move(dependencies)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void StatusTicker::run(const std::stop_token& stop) {
    set_thread_name("status");
    step_back();
    std::string published;
    while (!stop.stop_requested()) {
        if (std::string text = message(); text != published) {
            dependencies_.hub.publish_status(text);
            dependencies_.board.put(text);
            published = std::move(text);
        }
        rest(kInterval, stop);
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
    if (const auto stored = dependencies_.stored.totals()) {
        // An event that has no row is missing to whoever looks for it.
        report.missing += stored->absent;
        report.doubled = stored->doubled;
        report.checked_through = stored->checked_through;
    }
    report.projections = dependencies_.projections();
    return push::status_message(report);
}

}  // namespace cellmon::server
