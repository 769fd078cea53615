#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "harness/report/comparison.hpp"

namespace cellmon::harness::report {

/// A row over the runs of a trend, and the newest value against what was usual before.
struct TrendRow {
    Row row;
    std::optional<double> usual;  ///< Median of the up to five values before the newest.
    Value newest;
};

/// Runs of one plan, profile, length and machine, in the order in which they began.
struct Trend {
    std::vector<NamedRun> runs;  ///< Without series.
    std::vector<TrendRow> rows;  ///< Of which the newest run has a value, or lacks one it had.
};

struct Trends {
    std::vector<Trend> trends;
    std::vector<std::string> unreadable;  ///< Reports that could not be read, and why.
};

/// All reports below `folder`: a `report.json` of its own and of each folder below, four levels
/// deep. ErrorCode::not_found when there is none.
Result<Trends> read_trends(const std::filesystem::path& folder, double tolerance);

/// The same of runs that were read already.
[[nodiscard]] std::vector<Trend> trends_of(std::vector<NamedRun> runs, double tolerance);

[[nodiscard]] std::string trend_text(const Trends& trends, bool colours);
[[nodiscard]] std::string trend_json(const Trends& trends);

}  // namespace cellmon::harness::report
