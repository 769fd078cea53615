#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"
#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// Writes `report.json`, `junit.xml` and `report.html` into the folder `out`, which is made where
/// it is missing. Each replaces the older one at once: a reader, or a crash, finds one of the two
/// whole. May be called again while a plan runs. A bottleneck that nobody has judged is judged
/// here. Errors are those of the file system.
Result<void> write_report(RunReport report, const std::filesystem::path& out);

/// Reads the report of a run: of its folder, or `report.json` itself. Errors: not_found, io, and
/// those of read_report_json() with the file's name.
Result<RunReport> read_report(const std::filesystem::path& path);

/// Replaces `path` by a file with these bytes, synced before it gets its name.
Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace cellmon::harness::report
