#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "base/clock.hpp"
#include "event/event.hpp"
#include "event/execution_status.hpp"

namespace cellmon::influxdb {

inline constexpr std::string_view kActivity = "class_activity";

/// Sequences that one point of an activity speaks of; the first of them is divisible by it.
inline constexpr std::uint64_t kActivityRange = 1'000;

/// What happened in a class in a minute, summed up where there are too many points of students to
/// read them all. A point holds the events of one range of sequences: so it is a function of the
/// journal, whatever the batches are, and the points of a minute add up.
class ClassActivity {
  public:
    /// In sequence order. A fold begins at the first event of a range. The points of a range that
    /// is over are appended to `lines`.
    void add(std::uint64_t sequence, const event::Event& event, event::ExecutionStatus status,
             std::string& lines);

    /// Appends the points that have changed since they were last appended.
    void append_changed(std::string& lines);

    /// The points of the range that is being summed, all of them.
    void append_all(std::string& lines) const;

    /// The first sequence of the range that is being summed.
    [[nodiscard]] std::uint64_t range_begin() const { return range_ * kActivityRange; }

    /// Forgets what happened before, at the begin of a minute: it is not to be appended again.
    void forget_before(TimeUs time_us);

    /// Forgets all.
    void clear();

  private:
    /// Minute since 1970, class, type.
    using Key = std::tuple<std::int64_t, std::string, std::string>;

    struct Sums {
        std::int64_t events = 0;
        std::int64_t executions = 0;
        std::int64_t errors = 0;
        std::int64_t duration_us = 0;
        bool changed = false;
    };

    void append(const Key& key, const Sums& sums, std::string& lines) const;

    std::uint64_t range_ = 0;
    std::map<Key, Sums> sums_;
};

}  // namespace cellmon::influxdb
