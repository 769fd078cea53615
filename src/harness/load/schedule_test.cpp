// Goal: a run's requests are due as its profile says, by its seed alone. Method: times against the
// profile's own integral, distances against the exponential distribution, a class against what the
// generator gives.
#include "harness/load/schedule.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/load/class_run.hpp"

namespace cellmon::harness {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

RatePlan constant(double rate, std::int64_t duration_us) {
    return {.stretches = {{duration_us, rate, rate}}};
}

std::vector<std::int64_t> times_of(const Schedule& schedule) {
    std::vector<std::int64_t> times;
    for (const auto& request : schedule.requests)
        times.push_back(request.at_us);
    return times;
}

std::size_t due_between(const Schedule& schedule, std::int64_t from_us, std::int64_t to_us) {
    const auto times = times_of(schedule);
    return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), to_us) -
                                    std::lower_bound(times.begin(), times.end(), from_us));
}

TEST(Schedule, AConstantRateHasEvenDistances) {
    const auto schedule = rate_schedule(constant(4, kSecondUs));
    ASSERT_TRUE(schedule.has_value());
    EXPECT_EQ(times_of(*schedule), (std::vector<std::int64_t>{0, 250'000, 500'000, 750'000}));
    EXPECT_EQ(schedule->events, 4U);
    EXPECT_EQ(schedule->end_us, kSecondUs);
}

TEST(Schedule, ARateIsOneOfEvents) {
    RatePlan plan = constant(1'000, kSecondUs);
    plan.events_per_request = 100;
    const auto schedule = rate_schedule(plan);
    ASSERT_EQ(schedule->requests.size(), 10U);
    EXPECT_EQ(schedule->requests[3], (Schedule::Request{300'000, 300}));
    EXPECT_EQ(schedule->events_of(3), 100U);
    EXPECT_EQ(schedule->events_of(9), 100U);
    EXPECT_EQ(schedule->events, 1'000U);
}

TEST(Schedule, ARampHasTheRatesOfItsLine) {
    const auto schedule = rate_schedule({.stretches = {{10 * kSecondUs, 0, 1'000}}});
    // The integral of the line: 50 t² requests until second t.
    EXPECT_EQ(schedule->requests.size(), 5'000U);
    for (int second = 1; second <= 10; ++second) {
        EXPECT_NEAR(static_cast<double>(due_between(*schedule, 0, second * kSecondUs)),
                    50.0 * second * second, 1)
            << second;
    }
    const auto down = rate_schedule({.stretches = {{10 * kSecondUs, 1'000, 0}}});
    EXPECT_NEAR(static_cast<double>(due_between(*down, 0, 5 * kSecondUs)), 3'750, 1);
}

TEST(Schedule, StepsAreConstantEachAndPhasesOfTheirOwn) {
    const double rates[] = {100, 250, 500, 750, 1'000};
    const auto schedule =
        rate_schedule({.stretches = steps(rates, 10 * kSecondUs), .warm_up_us = kSecondUs});
    ASSERT_EQ(schedule->phases.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto& phase = schedule->phases[i];
        EXPECT_EQ(phase.from_us, static_cast<std::int64_t>(2 * i + 1) * kSecondUs);
        EXPECT_EQ(phase.to_us - phase.from_us, 2 * kSecondUs);
        EXPECT_NEAR(static_cast<double>(due_between(*schedule, phase.from_us, phase.to_us)),
                    2 * rates[i], 1);
    }
    for (std::size_t i = 0; i < schedule->requests.size(); ++i) {
        if (!schedule->is_measured(i)) continue;
        const auto& phase = schedule->phases[schedule->phase_of(i)];
        EXPECT_GE(schedule->requests[i].at_us, phase.from_us);
        EXPECT_LT(schedule->requests[i].at_us, phase.to_us);
    }
}

TEST(Schedule, TheWarmUpComesBeforeAtTheFirstRateAndIsNotMeasured) {
    RatePlan plan = constant(10, 3 * kSecondUs);
    plan.warm_up_us = 2 * kSecondUs;
    const auto schedule = rate_schedule(plan);
    EXPECT_EQ(schedule->requests.size(), 50U);
    EXPECT_EQ(schedule->end_us, 5 * kSecondUs);
    EXPECT_FALSE(schedule->is_measured(19));
    EXPECT_TRUE(schedule->is_measured(20));
    EXPECT_EQ(schedule->requests[20].at_us, 2 * kSecondUs);
}

TEST(Schedule, PoissonArrivalsHaveExponentialDistances) {
    RatePlan plan = constant(1'000, 100 * kSecondUs);
    plan.arrivals = Arrivals::poisson;
    const auto times = times_of(*rate_schedule(plan));
    // Their number has a standard deviation of √100,000 = 316.
    EXPECT_NEAR(static_cast<double>(times.size()), 100'000, 1'300);
    std::vector<double> distances;
    for (std::size_t i = 1; i < times.size(); ++i)
        distances.push_back(static_cast<double>(times[i] - times[i - 1]));
    std::sort(distances.begin(), distances.end());
    // Kolmogorov and Smirnov: the greatest difference of the distribution functions is above
    // 1.95 / √n once in a thousand seeds, and this is one seed.
    double greatest = 0;
    for (std::size_t i = 0; i < distances.size(); ++i) {
        const double share = static_cast<double>(i + 1) / static_cast<double>(distances.size());
        // Times are whole microseconds, distances therefore right to one.
        greatest = std::max(greatest, std::abs(share - (1 - std::exp(-distances[i] / 1'000))));
    }
    EXPECT_LT(greatest, 1.95 / std::sqrt(100'000.0) + 0.001);
}

TEST(Schedule, TheSeedDecides) {
    const auto digest = [](std::uint64_t seed, Arrivals arrivals) {
        RatePlan plan = constant(500, 10 * kSecondUs);
        plan.arrivals = arrivals;
        plan.seed = seed;
        return rate_schedule(plan)->digest();
    };
    EXPECT_EQ(digest(7, Arrivals::poisson), digest(7, Arrivals::poisson));
    EXPECT_NE(digest(7, Arrivals::poisson), digest(8, Arrivals::poisson));
    EXPECT_EQ(digest(7, Arrivals::even), digest(8, Arrivals::even)) << "nothing is drawn";
}

TEST(Schedule, SaysWhatItDoesNotTake) {
    const auto code = [](RatePlan plan) { return rate_schedule(plan).error().code; };
    EXPECT_EQ(code({}), ErrorCode::invalid);
    EXPECT_EQ(code(constant(0, kSecondUs)), ErrorCode::invalid);
    EXPECT_EQ(code(constant(-1, kSecondUs)), ErrorCode::invalid);
    EXPECT_EQ(code(constant(std::nan(""), kSecondUs)), ErrorCode::invalid);
    EXPECT_EQ(code(constant(1, 0)), ErrorCode::invalid);
    EXPECT_EQ(code(constant(1, 2 * kDayUs)), ErrorCode::invalid);
    EXPECT_EQ(code(constant(1e6, kHourUs)), ErrorCode::invalid);
    RatePlan plan = constant(10, kSecondUs);
    plan.events_per_request = 0;
    EXPECT_EQ(code(plan), ErrorCode::invalid);
    plan.events_per_request = 1'001;
    EXPECT_EQ(code(plan), ErrorCode::invalid);
}

TEST(Schedule, IsInOrderWithinItsTimeAndOfTheSizeOfItsIntegral) {
    EXPECT_TRUE(rc::check([] {
        RatePlan plan;
        double all = 0;
        const auto stretches = *rc::gen::inRange(1, 5);
        for (int i = 0; i < stretches; ++i) {
            const Stretch stretch{*rc::gen::inRange<std::int64_t>(1, 5 * kSecondUs),
                                  static_cast<double>(*rc::gen::inRange(0, 2'000)),
                                  static_cast<double>(*rc::gen::inRange(1, 2'000))};
            all += (stretch.from + stretch.to) / 2 * static_cast<double>(stretch.duration_us) / 1e6;
            plan.stretches.push_back(stretch);
        }
        plan.seed = *rc::gen::arbitrary<std::uint64_t>();
        plan.events_per_request = *rc::gen::inRange<std::uint32_t>(1, 20);
        const auto schedule = rate_schedule(plan);
        RC_ASSERT(schedule.has_value());
        const auto times = times_of(*schedule);
        RC_ASSERT(std::is_sorted(times.begin(), times.end()));
        RC_ASSERT(times.empty() || (times.front() >= 0 && times.back() < schedule->end_us));
        const double requests = all / plan.events_per_request;
        RC_ASSERT(std::abs(static_cast<double>(times.size()) - requests) <= 1.001);
    }));
}

class ClassSchedule : public testing::Test {
  protected:
    ClassPlan plan_{.students = 40, .minutes = 8, .seed = 5, .start_us = 1'790'000'000'000'000};
};

TEST_F(ClassSchedule, HasAllEventsOfTheClassWhenItsClientsSendThem) {
    plan_.start_us = 0;
    const auto schedule = class_schedule(plan_, 4, 0);
    ASSERT_TRUE(schedule.has_value());
    std::uint64_t events = 0;
    std::uint64_t alone = 0;
    for (Classroom classroom(plan_); const auto event = classroom.next(); ++events)
        alone += event->better_client ? 0 : 1;
    EXPECT_EQ(schedule->events, events);
    EXPECT_LT(schedule->requests.size(), events) << "better clients send arrays";
    EXPECT_GT(schedule->requests.size(), alone) << "the extension sends each by itself";
    const auto times = times_of(*schedule);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_GE(schedule->end_us, 2 * kMinuteUs);
    EXPECT_LE(schedule->end_us, 2 * kMinuteUs + ClassRunOptions::kFlushUs);
    for (std::size_t i = 0; i < schedule->requests.size(); ++i)
        EXPECT_LE(schedule->events_of(i), ClassRunOptions::kMaxBatch);
}

TEST_F(ClassSchedule, NoEventWaitsLongerThanAClientHoldsIt) {
    // At this speed the class is over within the second that its clients hold their events.
    const auto schedule = class_schedule(plan_, 1e6, 0);
    EXPECT_LE(schedule->end_us, ClassRunOptions::kFlushUs + 2 * 1'000);
    EXPECT_TRUE(std::any_of(schedule->requests.begin(), schedule->requests.end(),
                            [](const auto& request) { return request.at_us < 1'000; }));
}

TEST_F(ClassSchedule, TheSeedDecidesAndTheStartDoesNot) {
    const auto digest = [&](std::uint64_t seed, TimeUs start_us) {
        plan_.seed = seed;
        plan_.start_us = start_us;
        return class_schedule(plan_, 1, 0)->digest();
    };
    EXPECT_EQ(digest(5, 0), digest(5, 1'790'000'000'000'000));
    EXPECT_NE(digest(5, 0), digest(6, 0));
}

TEST_F(ClassSchedule, ItsBeginningMayBeWarmUp) {
    const auto schedule = class_schedule(plan_, 4, 10 * kSecondUs);
    EXPECT_EQ(schedule->measured_from_us, 10 * kSecondUs);
    EXPECT_FALSE(schedule->is_measured(0));
    EXPECT_EQ(class_schedule(plan_, 4, kHourUs).error().code, ErrorCode::invalid);
    EXPECT_EQ(class_schedule(plan_, 0, 0).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace cellmon::harness
