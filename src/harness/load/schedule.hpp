#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "harness/classroom/classroom.hpp"

namespace cellmon::harness {

/// Which request of a run is due when, fixed before the run begins and never changed by it. Times
/// are microseconds from the start of the run; events are numbered from 0 through all requests.
struct Schedule {
    struct Request {
        std::int64_t at_us = 0;
        std::uint64_t first_event = 0;
        bool operator==(const Request&) const = default;
    };
    /// A stretch of the run that is reported by itself.
    struct Phase {
        std::int64_t from_us = 0;
        std::int64_t to_us = 0;
    };

    static constexpr std::size_t kMaxRequests = 10'000'000;

    std::vector<Request> requests;  ///< In the order of time.
    std::uint64_t events = 0;
    std::int64_t measured_from_us = 0;  ///< What is due before is warm-up.
    std::int64_t end_us = 0;
    std::vector<Phase> phases;  ///< Of the measured part, in order, without gaps.

    [[nodiscard]] std::uint32_t events_of(std::size_t request) const {
        const std::uint64_t next =
            request + 1 < requests.size() ? requests[request + 1].first_event : events;
        return static_cast<std::uint32_t>(next - requests[request].first_event);
    }
    [[nodiscard]] bool is_measured(std::size_t request) const {
        return requests[request].at_us >= measured_from_us;
    }
    /// Of a measured request.
    [[nodiscard]] std::size_t phase_of(std::size_t request) const;
    /// Tells two schedules apart.
    [[nodiscard]] std::uint64_t digest() const;
};

/// A stretch of a run whose rate goes in a straight line from one value to the other, in events a
/// second.
struct Stretch {
    std::int64_t duration_us = 0;
    double from = 0;
    double to = 0;
};

/// How requests lie in their time: at even distances, or at random ones as independent clients
/// make them.
enum class Arrivals { even, poisson };

struct RatePlan {
    std::vector<Stretch> stretches;
    /// Before the stretches, at the rate with which they begin.
    std::int64_t warm_up_us = 0;
    std::uint32_t events_per_request = 1;
    Arrivals arrivals = Arrivals::even;
    std::uint64_t seed = 1;

    static constexpr std::uint32_t kMaxEventsPerRequest = 1'000;
};

/// One stretch for each rate, all of the same length.
[[nodiscard]] std::vector<Stretch> steps(std::span<const double> rates, std::int64_t duration_us);

/// The same plan gives the same schedule. ErrorCode::invalid when a number is out of bounds, or
/// there are more than kMaxRequests.
Result<Schedule> rate_schedule(const RatePlan& plan);

/// What the clients of a class send when: better clients once a second what they have, the
/// unchanged extension each event by itself. `speed`: class seconds in a second. The first
/// `warm_up_us` of the class are warm-up.
Result<Schedule> class_schedule(const ClassPlan& plan, double speed, std::int64_t warm_up_us);

}  // namespace cellmon::harness
