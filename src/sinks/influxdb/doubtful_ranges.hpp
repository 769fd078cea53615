#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "sinks/influxdb/line_batch.hpp"

namespace cellmon::influxdb {

/// Activities that a request which was given up speaks of. InfluxDB may take it late, behind
/// requests that were sent after it, and a point of an activity then holds less than it did. So the
/// sums of these ranges are written again a few times, with growing pauses, until nothing of that
/// kind is under way any more. One thread.
class DoubtfulRanges {
  public:
    /// `most_bytes`: of the points that are kept; when they are more, the projection has to wait.
    explicit DoubtfulRanges(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    /// Requests that spoke of sequences up to `through` were given up; `now_us` by the steady
    /// clock.
    void doubt(std::uint64_t through, std::int64_t now_us);

    [[nodiscard]] bool speak_of(std::uint64_t range_begin) const {
        return pause_us_ > 0 && range_begin <= through_;
    }

    /// The points of a doubtful range that is over, with its final sums.
    void keep(std::uint64_t range_begin, std::string lines);

    /// No more may be kept: nothing may be posted until the doubt is over. It ends by itself, as
    /// what is not posted cannot be given up.
    [[nodiscard]] bool full() const { return bytes_ > most_bytes_; }

    /// Whether they are to be written again now.
    [[nodiscard]] bool due(std::int64_t now_us) const {
        return pause_us_ > 0 && now_us >= next_us_;
    }

    void append(LineBatch& lines) const;

    /// Forgets the points that are older: they are deleted, and not to be written again.
    void forget_before(TimeUs time_us);

    /// They were written; behind the last time they are forgotten.
    void note_written(std::int64_t now_us);

  private:
    const std::size_t most_bytes_;
    std::size_t bytes_ = 0;  ///< Of ranges_.
    std::uint64_t through_ = 0;
    std::int64_t next_us_ = 0;
    std::int64_t pause_us_ = 0;  ///< 0: there is no doubt.
    std::map<std::uint64_t, std::string> ranges_;
};

}  // namespace cellmon::influxdb
