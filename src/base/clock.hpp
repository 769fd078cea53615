#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cellmon {

/// Microseconds since 1970-01-01T00:00:00Z.
using TimeUs = std::int64_t;

inline constexpr TimeUs kSecondUs = 1'000'000;
inline constexpr TimeUs kMinuteUs = 60 * kSecondUs;
inline constexpr TimeUs kHourUs = 60 * kMinuteUs;
inline constexpr TimeUs kDayUs = 24 * kHourUs;

/// Wall clock and monotonic clock behind one interface, so that tests decide what time it is.
/// Safe for use by any thread.
class Clock {
  public:
    virtual ~Clock() = default;

    /// Wall time, UTC. May step backwards.
    [[nodiscard]] virtual TimeUs now_us() const = 0;

    /// Microseconds since an arbitrary point; never goes backwards.
    [[nodiscard]] virtual std::int64_t steady_us() const = 0;
};

/// The operating system's clocks.
class SystemClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override;
    [[nodiscard]] std::int64_t steady_us() const override;
};

/// `2026-11-23T17:44:13.660077Z`: always six decimals, always UTC.
[[nodiscard]] std::string format_time(TimeUs time);

/// Reads an RFC 3339 / ISO 8601 date-time: `T` or a space between date and time, 0 to 9 decimals
/// (more than six are cut), zone `Z`, `±hh:mm`, `±hhmm` or none (then UTC). nullopt for anything
/// else, also for impossible dates.
[[nodiscard]] std::optional<TimeUs> parse_time(std::string_view text);

}  // namespace cellmon
