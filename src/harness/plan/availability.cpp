#include "harness/plan/availability.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/thread.hpp"

namespace cellmon::harness::plan {

Availability::Availability(const Site& site, const Clock& clock)
    : site_(site), clock_(clock), thread_([this] {
          set_thread_name("health");
          check_on();
      }) {}

Availability::~Availability() {
    stop_ = true;
    thread_.join();
}

HealthChecks Availability::so_far() const {
    const std::lock_guard lock(mutex_);
    return checks_;
}

void Availability::check_on() {
    auto next = std::chrono::steady_clock::now();
    while (!stop_) {
        std::this_thread::sleep_until(next);
        next = std::max(next + kInterval, std::chrono::steady_clock::now());
        const bool away_before = site_.is_away_on_purpose();
        const Result<void> well = site_.ask_ready({kPatience, nullptr});
        const std::lock_guard lock(mutex_);
        if (away_before || site_.is_away_on_purpose()) {
            ++checks_.left_out;
            continue;
        }
        ++checks_.made;
        if (well) {
            ++checks_.answered;
        } else if (checks_.first_failure.empty()) {
            checks_.first_failure =
                fmt::format("at {}: {}", format_time(clock_.now_us()), well.error().message);
        }
    }
}

}  // namespace cellmon::harness::plan
