#include "harness/report/numbers.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace cellmon::harness::report {
namespace {

/// Commas between thousands of the whole part.
std::string grouped(std::string text) {
    const std::size_t begin = text.starts_with('-') ? 1 : 0;
    const std::size_t point = std::min(text.find('.'), text.size());
    for (std::size_t at = point; at > begin + 3;) {
        at -= 3;
        text.insert(at, ",");
    }
    return text;
}

}  // namespace

std::string readable(double value) {
    if (!std::isfinite(value)) return "–";
    const double size = std::abs(value);
    constexpr double kMostWhole = 1e15;
    constexpr double kLeast = 1e-4;
    if (size >= kMostWhole || (size > 0 && size < kLeast)) return fmt::format("{:.3g}", value);
    if (value == std::floor(value)) return grouped(fmt::format("{:.0f}", value));
    // Four digits: as many behind the point as are not before it.
    const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
    std::string text = fmt::format("{:.{}f}", value, std::clamp(4 - before, 0, 7));
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
    }
    return grouped(text);
}

std::string with_unit(double value, std::string_view unit) {
    const std::string text = readable(value);
    return unit.empty() ? text : fmt::format("{} {}", text, unit);
}

std::string limit_text(const Criterion& criterion) {
    if (criterion.unit.empty() || criterion.limit.ends_with(criterion.unit)) return criterion.limit;
    return fmt::format("{} {}", criterion.limit, criterion.unit);
}

std::string measured_text(const Criterion& criterion) {
    if (!criterion.measured) return "–";
    const std::string text = readable(*criterion.measured);
    const bool looks_kept = !criterion.held && criterion.limit.find(text) != std::string::npos;
    const std::string shown = looks_kept ? fmt::format("{:.12g}", *criterion.measured) : text;
    return criterion.unit.empty() ? shown : fmt::format("{} {}", shown, criterion.unit);
}

std::string readable_length(std::int64_t us) {
    const std::int64_t whole_s = us / kSecondUs;
    if (us < kMinuteUs) return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6);
    if (us < kHourUs) return fmt::format("{} min {} s", whole_s / 60, whole_s % 60);
    return fmt::format("{} h {} min", whole_s / 3600, whole_s / 60 % 60);
}

}  // namespace cellmon::harness::report
