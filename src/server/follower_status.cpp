#include "server/follower_status.hpp"

#include <chrono>
#include <utility>

#include "base/thread.hpp"
#include "push/status.hpp"

namespace cellmon::server {
namespace {

constexpr std::chrono::milliseconds kInterval{1'000};

}  // namespace

FollowerStatus::FollowerStatus(const redis::StreamSource& source, push::Hub& hub,
                               telemetry::Log& log)
    : source_(source),
      hub_(hub),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void FollowerStatus::run(const std::stop_token& stop) {
    set_thread_name("status");
    step_back();
    while (!stop.stop_requested()) {
        look();
        rest(kInterval, stop);
    }
}

void FollowerStatus::look() {
    projection::ProjectionStatus own = source_.status();
    say(own);
    // Without a word of the leader's there is no figure that could be shown.
    auto report = push::read_status_message(source_.leader_status());
    if (!report) return;
    own.name = "leader";
    report->projections.push_back(std::move(own));
    std::string text = push::status_message(*report);
    if (text == published_) return;
    hub_.publish_status(text);
    published_ = std::move(text);
}

void FollowerStatus::say(const projection::ProjectionStatus& own) {
    using projection::State;
    if (own.state == State::retrying && !lost_) {
        log_.warn("the leader is lost; what it said last is shown on: {}", own.last_error);
        lost_ = true;
    } else if (own.state == State::running && lost_) {
        log_.info("the leader is back");
        lost_ = false;
    }
}

}  // namespace cellmon::server
