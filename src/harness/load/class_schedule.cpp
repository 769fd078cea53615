#include <algorithm>

#include <fmt/format.h>

#include "harness/load/class_run.hpp"
#include "harness/load/schedule.hpp"

namespace cellmon::harness {
namespace {

/// A request that is not numbered yet.
struct Sending {
    std::int64_t at_us;
    std::uint32_t events;
};

/// What a better client holds until it sends next.
struct Held {
    std::int64_t flush_us = 0;
    std::uint32_t events = 0;
};

void flush(Held& held, std::vector<Sending>& sendings) {
    constexpr auto kMost = static_cast<std::uint32_t>(ClassRunOptions::kMaxBatch);
    for (; held.events > 0; held.events -= std::min(held.events, kMost))
        sendings.push_back({held.flush_us, std::min(held.events, kMost)});
}

}  // namespace

Result<Schedule> class_schedule(const ClassPlan& plan, double speed, std::int64_t warm_up_us) {
    CELLMON_TRY(plan.check());
    if (!(speed > 0 && speed <= 1e6))
        return fail(ErrorCode::invalid, "the speed must be above 0, at most a million");
    const auto real_us = [&](std::int64_t class_us) {
        return static_cast<std::int64_t>(static_cast<double>(class_us) / speed);
    };
    // Ids and times of the events are another matter; when they are sent follows from the seed
    // alone.
    ClassPlan same_start = plan;
    same_start.start_us = 0;
    Classroom classroom(same_start);
    std::vector<Sending> sendings;
    std::vector<Held> held(plan.students);
    while (const auto event = classroom.next()) {
        const std::int64_t due_us = real_us(event->time_us);
        if (!event->better_client) {
            sendings.push_back({due_us + real_us(event->spread_us), 1});
        } else {
            Held& own = held[event->student];
            if (due_us > own.flush_us) flush(own, sendings);
            if (own.events == 0) own.flush_us = due_us + ClassRunOptions::kFlushUs;
            ++own.events;
        }
        if (sendings.size() > Schedule::kMaxRequests) {
            return fail(ErrorCode::invalid,
                        fmt::format("a run has at most {} requests", Schedule::kMaxRequests));
        }
    }
    for (Held& own : held)
        flush(own, sendings);
    std::stable_sort(sendings.begin(), sendings.end(),
                     [](const Sending& a, const Sending& b) { return a.at_us < b.at_us; });

    Schedule schedule;
    schedule.requests.reserve(sendings.size());
    for (const Sending& sending : sendings) {
        schedule.requests.push_back({sending.at_us, schedule.events});
        schedule.events += sending.events;
    }
    schedule.measured_from_us = warm_up_us;
    schedule.end_us = real_us(same_start.end_us());
    if (!sendings.empty()) schedule.end_us = std::max(schedule.end_us, sendings.back().at_us + 1);
    if (warm_up_us < 0 || warm_up_us >= schedule.end_us) {
        return fail(ErrorCode::invalid,
                    fmt::format("the class takes {:.1f} s, no more than its warm-up",
                                static_cast<double>(schedule.end_us) / 1e6));
    }
    schedule.phases.push_back({warm_up_us, schedule.end_us});
    return schedule;
}

}  // namespace cellmon::harness
