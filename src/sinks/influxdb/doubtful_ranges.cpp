#include "sinks/influxdb/doubtful_ranges.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "sinks/influxdb/class_activity.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::int64_t kFirstPauseUs = 2 * kSecondUs;

/// A kernel sends what a closed connection left for about as long.
constexpr std::int64_t kLastPauseUs = 64 * kSecondUs;

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
