#include "harness/report/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/clock.hpp"
#include "harness/report/numbers.hpp"

namespace cellmon::harness::report {
namespace {

/// 1, 2, 2.5 or 5 times a power of ten, the first that needs at most `marks` steps.
double round_step(double span, int marks) {
    const double least = span / marks;
    const double power = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
        // What is one step too much by the error of a division is not.
        if (factor * power >= least * (1 - 1e-9)) return factor * power;
    }
    return 10 * power;
}

struct TimeUnit {
    std::int64_t us;
    std::int64_t most_us;  ///< The longest span that is told in it.
    const char* ja;
    const char* en;
};
constexpr std::array<TimeUnit, 3> kUnits{{
    {kSecondUs, 180 * kSecondUs, "秒", "s"},
    {kMinuteUs, 3 * kHourUs, "分", "min"},
    {kHourUs, INT64_MAX, "時間", "h"},
}};

constexpr int kMostTimeMarks = 9;
constexpr int kValueMarks = 5;

}  // namespace

Axis value_axis(double least, double most) {
    Axis axis;
    const double from = std::min(least, 0.0);
    // Nothing but zeros still has a scale.
    if (!(most > from)) most = from + 1;
    const double step = round_step(std::max(most, 0.0) - from, kValueMarks);
    const double first = std::floor(from / step + 1e-9);
    const double last = std::max(std::ceil(std::max(most, 0.0) / step - 1e-9), first + 1);
    axis.from = first * step;
    axis.to = last * step;
    for (double at = first; at <= last; ++at)
        axis.ticks.push_back(at * step);
    return axis;
}

Axis time_axis(std::int64_t length_us) {
    constexpr std::array kSteps{0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0};
    const std::int64_t length = std::max<std::int64_t>(length_us, kSecondUs);
    const TimeUnit& unit = *std::find_if(
        kUnits.begin(), kUnits.end(), [&](const TimeUnit& one) { return length <= one.most_us; });
    Axis axis;
    axis.unit = {unit.ja, unit.en};
    axis.per_unit = static_cast<double>(unit.us);
    axis.to = static_cast<double>(length) / axis.per_unit;
    const auto* const found = std::find_if(kSteps.begin(), kSteps.end(), [&](double step) {
        return axis.to / step <= kMostTimeMarks - 1;
    });
    const double step = found != kSteps.end() ? *found : round_step(axis.to, kMostTimeMarks - 1);
    for (double at = 0; at * step <= axis.to * (1 + 1e-9); ++at)
        axis.ticks.push_back(at * step);
    return axis;
}

std::string tick_text(double value) {
    // What is 0 but for the error of a multiplication.
    constexpr double kZero = 1e-12;
    const double size = std::abs(value);
    constexpr double kMillion = 1e6;
    constexpr double kBillion = 1e9;
    if (size >= kBillion) return readable(value / kBillion) + "G";
    if (size >= kMillion) return readable(value / kMillion) + "M";
    return readable(size < kZero ? 0 : value);
}

}  // namespace cellmon::harness::report
