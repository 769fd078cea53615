#include "sinks/influxdb/doubtful_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "sinks/influxdb/class_activity.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::int64_t kFirstPauseUs = 2 * kSecondUs;

/// A kernel sends what a closed connection left for about as long.
constexpr std::int64_t kLastPauseUs = 64 * kSecondUs;

/// The lines whose time, which is at their end, is not older.
std::string lines_since(std::string_view lines, std::int64_t time_ns) {
    std::string since;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n') + 1);
        lines.remove_prefix(line.size());
        std::int64_t line_ns = 0;
        std::from_chars(line.data() + line.rfind(' ') + 1, line.data() + line.size(), line_ns);
        if (line_ns >= time_ns) since += line;
    }
    return since;
}

}  // namespace

void DoubtfulRanges::doubt(std::uint64_t through, std::int64_t now_us) {
    through_ = std::max(through_, through);
    pause_us_ = kFirstPauseUs;
    next_us_ = now_us + pause_us_;
}

void DoubtfulRanges::keep(std::uint64_t range_begin, std::string lines) {
    std::string& kept = ranges_[range_begin];
    bytes_ += lines.size() - kept.size();
    kept = std::move(lines);
}

void DoubtfulRanges::append(LineBatch& lines) const {
    for (const auto& [range_begin, text] : ranges_) {
        lines.text() += text;
        lines.note_lines(range_begin, kActivity);
    }
}

void DoubtfulRanges::forget_before(TimeUs time_us) {
    for (auto& [range_begin, text] : ranges_) {
        bytes_ -= text.size();
        text = lines_since(text, time_us * 1'000);
        bytes_ += text.size();
    }
}

void DoubtfulRanges::note_written(std::int64_t now_us) {
    if (pause_us_ < kLastPauseUs) {
        pause_us_ *= 2;
        next_us_ = now_us + pause_us_;
    } else {
        pause_us_ = 0;
        through_ = 0;
        bytes_ = 0;
        ranges_.clear();
    }
}

}  // namespace cellmon::influxdb
