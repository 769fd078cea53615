#include "base/clock.hpp"

#include <chrono>

#include <fmt/format.h>

namespace cellmon {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

/// A cursor over text that reads fixed-width digits and single characters.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool digits(int width, int& value) {
        if (text_.size() < static_cast<std::size_t>(width)) return false;
        value = 0;
        for (int i = 0; i < width; ++i) {
            const char c = text_[static_cast<std::size_t>(i)];
            if (c < '0' || c > '9') return false;
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(static_cast<std::size_t>(width));
        return true;
    }

    bool literal(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool one_of(std::string_view choices, char& found) {
        if (text_.empty() || choices.find(text_.front()) == std::string_view::npos) return false;
        found = text_.front();
        text_.remove_prefix(1);
        return true;
    }

    /// `.` or `,` and 1 to 9 digits, as microseconds; nothing there is zero.
    bool fraction(std::int64_t& micros) {
        micros = 0;
        char separator = 0;
        if (!one_of(".,", separator)) return true;
        int count = 0;
        std::int64_t scale = kMicrosPerSecond / 10;
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
            micros += (text_.front() - '0') * scale;
            scale /= 10;
            text_.remove_prefix(1);
            if (++count > 9) return false;
        }
        return count > 0;
    }

    [[nodiscard]] bool at_end() const { return text_.empty(); }

  private:
    std::string_view text_;
};

/// Offset of a zone designator in seconds east of UTC; nothing there is UTC.
bool scan_zone(Scanner& scanner, std::int64_t& offset_seconds) {
    offset_seconds = 0;
    char sign = 0;
    if (scanner.at_end()) return true;
    if (scanner.one_of("Zz", sign)) return scanner.at_end();
    int hours = 0;
    int minutes = 0;
    if (!scanner.one_of("+-", sign) || !scanner.digits(2, hours)) return false;
    if (!scanner.at_end()) {
        scanner.literal(':');
        if (!scanner.digits(2, minutes)) return false;
    }
    if (hours > 23 || minutes > 59) return false;
    offset_seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    return scanner.at_end();
}

}  // namespace

TimeUs SystemClock::now_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::int64_t SystemClock::steady_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::string format_time(TimeUs time) {
    using namespace std::chrono;
    const sys_time<microseconds> point{microseconds{time}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const hh_mm_ss clock{point - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::optional<TimeUs> parse_time(std::string_view text) {
    Scanner scanner(text);
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    char separator = 0;
    std::int64_t micros = 0;
    std::int64_t offset_seconds = 0;
    const bool read = scanner.digits(4, year) && scanner.literal('-') && scanner.digits(2, month) &&
                      scanner.literal('-') && scanner.digits(2, day) &&
                      scanner.one_of("Tt ", separator) && scanner.digits(2, hour) &&
                      scanner.literal(':') && scanner.digits(2, minute) && scanner.literal(':') &&
                      scanner.digits(2, second) && scanner.fraction(micros) &&
                      scan_zone(scanner, offset_seconds);
    // A leap second reads as the second after it.
    if (!read || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t seconds =
        days * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset_seconds;
    return seconds * kMicrosPerSecond + micros;
}

}  // namespace cellmon
