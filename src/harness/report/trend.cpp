#include "harness/report/trend.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "harness/report/bottleneck.hpp"
#include "harness/report/report_files.hpp"

namespace cellmon::harness::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUsualRuns = 5;
constexpr int kDeepest = 4;

/// The last known verdict, and the median, of the values before the newest.
Value usual_of(const Row& row) {
    Value usual;
    std::vector<double> values;
    for (std::size_t i = row.values.size() - 1; i-- > 0;) {
        const Value& value = row.values[i];
        if (value.held && !usual.held) usual.held = value.held;
        if (value.measured && values.size() < kUsualRuns) values.push_back(*value.measured);
    }
    if (values.empty()) return usual;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    usual.measured =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return usual;
}

std::vector<TrendRow> rows_of(const std::vector<NamedRun>& runs, double tolerance) {
    std::vector<TrendRow> rows;
    for (Row& row : compare(runs, tolerance).rows) {
        const Value usual = usual_of(row);
        Value newest = compared(row, usual, row.values.back(), tolerance);
        if (!newest.measured && !usual.measured) continue;
        rows.push_back({std::move(row), usual.measured, newest});
    }
    return rows;
}

auto key_of(const RunReport& report) {
    return std::tuple(report.plan, report.profile, report.quick, report.machine.cpu,
                      report.machine.cores);
}

void drop_series(RunReport& report) {
    if (report.bottleneck.empty()) judge_bottleneck(report);
    for (PhaseReport& phase : report.phases)
        std::vector<Series>().swap(phase.series);
}

std::vector<fs::path> folders_below(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code error;
    if (fs::is_regular_file(folder / "report.json", error)) found.push_back(folder);
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(folder, options, error), end; !error && at != end;
         at.increment(error)) {
        std::error_code ignored;
        if (at.depth() + 1 >= kDeepest) at.disable_recursion_pending();
        if (at->is_directory(ignored) && fs::is_regular_file(at->path() / "report.json", ignored))
            found.push_back(at->path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

std::vector<Trend> trends_of(std::vector<NamedRun> runs, double tolerance) {
    std::stable_sort(runs.begin(), runs.end(), [](const NamedRun& a, const NamedRun& b) {
        return a.report.began < b.report.began;
    });
    std::map<decltype(key_of(runs.front().report)), std::vector<NamedRun>> groups;
    for (NamedRun& run : runs) {
        auto& group = groups[key_of(run.report)];
        group.push_back(std::move(run));
    }
    std::vector<Trend> trends;
    for (auto& [key, group] : groups) {
        auto rows = rows_of(group, tolerance);
        trends.push_back({std::move(group), std::move(rows)});
    }
    return trends;
}

Result<Trends> read_trends(const fs::path& folder, double tolerance) {
    Trends trends;
    std::vector<NamedRun> runs;
    for (const fs::path& path : folders_below(folder)) {
        auto report = read_report(path);
        if (!report) {
            trends.unreadable.push_back(report.error().message);
            continue;
        }
        drop_series(*report);
        const auto name = path.lexically_relative(folder);
        runs.push_back(
            {name == "." ? folder.filename().string() : name.string(), std::move(*report)});
    }
    if (runs.empty()) {
        return fail(ErrorCode::not_found,
                    trends.unreadable.empty()
                        ? fmt::format("there is no report.json below {}", folder.string())
                        : trends.unreadable.front());
    }
    trends.trends = trends_of(std::move(runs), tolerance);
    return trends;
}

}  // namespace cellmon::harness::report
