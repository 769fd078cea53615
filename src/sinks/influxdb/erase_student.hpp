#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/redactions.hpp"
#include "projection/entry_source.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// What erase_student() needs to know besides the address.
struct PointsToErase {
    std::string_view email;
    const journal::Redactions& redactions;  ///< The student's sequences among them.
    const std::set<std::int64_t>& days;     ///< Of the student's events, since 1970 (UTC).
    std::string state_path;                 ///< DATA/timeseries.state.
};

/// Removes the points of a student, however the address is written in capital letters (ASCII), puts
/// a point without content in the place of each blanked event, and counts the class activity of
/// those days again from `source`. May be called again. No projection is at work meanwhile.
Result<void> erase_student(const ConnectionOptions& options, io::FileSystem& files,
                           const PointsToErase& erase, projection::EntrySource& source);

/// How many points name the student.
Result<std::uint64_t> points_naming(const ConnectionOptions& options, std::string_view email);

/// Whether it answers.
Result<void> look(const ConnectionOptions& options);

}  // namespace cellmon::influxdb
