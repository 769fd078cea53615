#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/gzip.hpp"
#include "sinks/influxdb/progress.hpp"

namespace cellmon::influxdb {

inline constexpr std::string_view kMarks = "cellmon_cursor";

/// The cursor that lies in InfluxDB itself: points of `cellmon_cursor`, two of them, written in
/// turns. Whatever wipes the database, or brings an older copy of it back, takes one of them along,
/// also between the look at the old ones and the writing of a new one; and a process that begins
/// believes the older of the two.
class Marks {
  public:
    /// `beginning` names the history that the points must belong to.
    Marks(Connection& connection, const journal::Cursor& beginning, const Clock& clock);

    /// Reads them; makes the database when there is none, and a mark of the beginning for one that
    /// is missing. The progress to believe. Those of an earlier epoch of the journal, which was
    /// restored or repaired since, go with all points of that history. ErrorCode::mismatch for
    /// those of another journal, a later epoch, or another version.
    Result<Progress> open();

    /// Whether open() found less than both.
    [[nodiscard]] bool missing() const { return missing_; }

    /// Whether open() found points of an earlier epoch, which are gone now.
    [[nodiscard]] bool began_epoch() const { return began_epoch_; }

    /// The further one. The points may end before it, when they are written again.
    [[nodiscard]] std::uint64_t furthest() const;

    /// Looks whether they are what they were; ErrorCode::unavailable when not.
    Result<void> look();

    /// Looks, and writes one of them when `progress` is further than they are, or as far and their
    /// hour is over (a database with a retention policy forgets the old ones).
    Result<void> advance(const Progress& progress);

  private:
    using Slots = std::array<std::optional<Progress>, 2>;

    Result<Slots> read();
    Result<void> make_database();
    Result<void> write(std::size_t slot, const Progress& progress);
    [[nodiscard]] std::int64_t hour() const;
    [[nodiscard]] bool is_of_earlier_epoch(std::string_view journal, std::string_view epoch) const;

    Connection& connection_;
    const journal::Cursor beginning_;
    const Clock& clock_;
    Gzip gzip_;
    Slots slots_;           ///< As they must be there; both, behind open().
    std::size_t next_ = 0;  ///< The less far one.
    bool missing_ = false;
    bool opening_ = false;
    bool earlier_ = false;  ///< The last read() met marks of an earlier epoch.
    bool began_epoch_ = false;
    std::int64_t written_hour_ = 0;
};

}  // namespace cellmon::influxdb
