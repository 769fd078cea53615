#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "live/picture.hpp"
#include "live/student_facts.hpp"

namespace cellmon::live {

/// What the rules measure with.
struct Thresholds {
    std::uint32_t significant_errors = 3;              ///< Failures in a row on one cell.
    std::chrono::milliseconds error_window{300'000};   ///< How long a failed run marks its student.
    std::chrono::milliseconds active_window{120'000};  ///< After the last event.
    std::chrono::milliseconds help_expiry{300'000};    ///< Help without news is over after this.
    std::chrono::milliseconds dismiss_silence{60'000};  ///< Help after such a silence counts anew.

    bool operator==(const Thresholds&) const = default;
};

/// As `significant_errors`: nobody counts as stuck.
inline constexpr std::uint32_t kNoErrors = std::numeric_limits<std::uint32_t>::max();

/// Never.
inline constexpr TimeUs kNever = std::numeric_limits<TimeUs>::max();

struct HelpState {
    bool asking = false;
    TimeUs since_us = 0;
    TimeUs until_us = kNever;  ///< When it expires without news.
};

/// Whether the student asks. A dismissal holds against all help that follows it, or the help before
/// it, without a silence; help_stop ends both.
[[nodiscard]] HelpState help_of(const HelpSignals& help, const Thresholds& thresholds, TimeUs now);

struct Judgement {
    StudentView view;
    TimeUs next_change_us = kNever;  ///< When the view differs if nothing comes.
};

/// All that is shown of a student at `now`: a function of its arguments alone.
[[nodiscard]] Judgement judge(const StudentFacts& facts, const Thresholds& thresholds, TimeUs now);

/// What is shown of the student's texts, in place of what `view` holds. They follow from
/// StudentFacts::texts.
void show_texts(const StudentFacts& facts, StudentView& view);

/// All the rest in place of what `view` holds; returns when it will change.
TimeUs show_rest(const StudentFacts& facts, const Thresholds& thresholds, TimeUs now,
                 StudentView& view);

}  // namespace cellmon::live
