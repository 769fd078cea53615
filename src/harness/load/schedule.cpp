#include "harness/load/schedule.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "harness/classroom/dice.hpp"

namespace cellmon::harness {
namespace {

double seconds(std::int64_t us) {
    return static_cast<double>(us) / 1e6;
}

/// How many requests are due in a stretch.
double requests_in(const Stretch& stretch, double events_per_request) {
    return (stretch.from + stretch.to) / 2 * seconds(stretch.duration_us) / events_per_request;
}

/// When `requests` of a stretch are behind: the inverse of the integral of its rate, in the form
/// that does not divide by a rate that does not change.
double seconds_until(double requests, const Stretch& stretch, double events_per_request) {
    if (requests <= 0) return 0;
    const double from = stretch.from / events_per_request;
    const double slope =
        (stretch.to - stretch.from) / events_per_request / seconds(stretch.duration_us);
    return 2 * requests / (from + std::sqrt(std::max(0.0, from * from + 2 * slope * requests)));
}

/// The distances between arrivals at one a second.
class Distances {
  public:
    Distances(Arrivals arrivals, std::uint64_t seed) : arrivals_(arrivals), dice_(seed) {}

    double next() {
        if (arrivals_ == Arrivals::even) return 1;
        constexpr double kStep = 0x1p-53;
        return -std::log((static_cast<double>(dice_.u64() >> 11U) + 1) * kStep);
    }

  private:
    Arrivals arrivals_;
    Dice dice_;
};

Result<void> check(const RatePlan& plan) {
    constexpr double kMostPerSecond = 10e6;
    constexpr std::int64_t kLongestUs = kDayUs;
    if (plan.events_per_request < 1 || plan.events_per_request > RatePlan::kMaxEventsPerRequest) {
        return fail(ErrorCode::invalid, fmt::format("events per request must be 1 to {}",
                                                    RatePlan::kMaxEventsPerRequest));
    }
    std::int64_t all_us = plan.warm_up_us;
    for (const Stretch& stretch : plan.stretches) {
        for (const double rate : {stretch.from, stretch.to}) {
            if (!(rate >= 0 && rate <= kMostPerSecond))
                return fail(ErrorCode::invalid, "a rate must be 0 to 10 million events a second");
        }
        if (stretch.from + stretch.to <= 0)
            return fail(ErrorCode::invalid, "a rate must be above 0");
        if (stretch.duration_us < 1 || stretch.duration_us > kLongestUs)
            return fail(ErrorCode::invalid, "the duration must be above 0 and at most a day");
        all_us += stretch.duration_us;
    }
    if (plan.stretches.empty() || plan.warm_up_us < 0 || all_us > kLongestUs)
        return fail(ErrorCode::invalid, "warm-up and duration must be at most a day together");
    return {};
}

Result<void> too_many() {
    return fail(ErrorCode::invalid,
                fmt::format("a run has at most {} requests", Schedule::kMaxRequests));
}

}  // namespace

std::size_t Schedule::phase_of(std::size_t request) const {
    const auto found = std::find_if(phases.begin(), phases.end(), [&](const Phase& phase) {
        return requests[request].at_us < phase.to_us;
    });
    // One that is due at the very end belongs to the last.
    return std::min(static_cast<std::size_t>(found - phases.begin()), phases.size() - 1);
}

std::uint64_t Schedule::digest() const {
    std::uint64_t digest = mix64(events);
    for (const Request& request : requests) {
        digest = mix64(digest ^ static_cast<std::uint64_t>(request.at_us));
        digest = mix64(digest ^ request.first_event);
    }
    return digest;
}

std::vector<Stretch> steps(std::span<const double> rates, std::int64_t duration_us) {
    std::vector<Stretch> stretches;
    for (const double rate : rates) {
        stretches.push_back({duration_us / static_cast<std::int64_t>(rates.size()), rate, rate});
    }
    return stretches;
}

Result<Schedule> rate_schedule(const RatePlan& plan) {
    CELLMON_TRY(check(plan));
    std::vector<Stretch> stretches = plan.stretches;
    const double first_rate = stretches.front().from;
    if (plan.warm_up_us > 0)
        stretches.insert(stretches.begin(), {plan.warm_up_us, first_rate, first_rate});
    const auto each = static_cast<double>(plan.events_per_request);

    Schedule schedule;
    double all = 0;
    for (const Stretch& stretch : stretches)
        all += requests_in(stretch, each);
    if (all > static_cast<double>(Schedule::kMaxRequests)) CELLMON_TRY(too_many());
    schedule.requests.reserve(static_cast<std::size_t>(all) + 1);

    Distances distances(plan.arrivals, mix64(plan.seed));
    // In requests since the beginning of the stretch. Evenly spaced ones begin at once; independent
    // clients have waited already.
    double position = plan.arrivals == Arrivals::even ? 0 : distances.next();
    std::int64_t began_us = 0;
    for (const Stretch& stretch : stretches) {
        const double in_stretch = requests_in(stretch, each);
        for (; position < in_stretch; position += distances.next()) {
            const double at_us = seconds_until(position, stretch, each) * 1e6;
            schedule.requests.push_back(
                {began_us + std::min(static_cast<std::int64_t>(at_us), stretch.duration_us - 1),
                 schedule.events});
            schedule.events += plan.events_per_request;
        }
        position -= in_stretch;
        began_us += stretch.duration_us;
        schedule.phases.push_back({began_us - stretch.duration_us, began_us});
    }
    if (plan.warm_up_us > 0) schedule.phases.erase(schedule.phases.begin());
    if (schedule.requests.size() > Schedule::kMaxRequests) CELLMON_TRY(too_many());
    schedule.measured_from_us = plan.warm_up_us;
    schedule.end_us = began_us;
    return schedule;
}

}  // namespace cellmon::harness
