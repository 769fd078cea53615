#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/comparison_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/page.hpp"
#include "harness/report/trend.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

constexpr std::size_t kTrendWidth = 46;
constexpr std::size_t kSparks = 12;  ///< The newest runs alone, where there are more.

/// A bar for each run from the least to the greatest value, a blank where there is none.
std::string sparks(const Row& row) {
    constexpr std::array kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const Value& value : row.values) {
        if (!value.measured) continue;
        least = std::min(least, *value.measured);
        most = std::max(most, *value.measured);
    }
    const std::size_t first = row.values.size() > kSparks ? row.values.size() - kSparks : 0;
    std::string text(kSparks - (row.values.size() - first), ' ');
    for (std::size_t i = first; i < row.values.size(); ++i) {
        const auto& measured = row.values[i].measured;
        if (!measured) {
            text += ' ';
            continue;
        }
        const double share = most > least ? (*measured - least) / (most - least) : 0;
        text += kBars[static_cast<std::size_t>(std::lround(share * (kBars.size() - 1)))];
    }
    return text;
}

std::string row_text(const TrendRow& trend, bool colours) {
    const Row& row = trend.row;
    std::string name = fmt::format("{} {}", row.phase, words_of(row.name).en);
    if (!row.unit.empty()) name += fmt::format(" [{}]", row.unit);
    const Value& newest = trend.newest;
    const bool broken = newest.held && !*newest.held;
    std::string change(name_of(newest.change));
    if (newest.percent && newest.change != Change::same)
        change += " " + percent_text(*newest.percent);
    return fmt::format("  {:<{}} {} {:>12} → {:>12}{} {}\n", clean_text(name), kTrendWidth,
                       sparks(row), trend.usual ? readable(*trend.usual) : "–",
                       newest.measured ? readable(*newest.measured) : "–", broken ? "✕" : " ",
                       coloured(change, newest.change, colours));
}

std::string head_text(const Trend& trend) {
    const RunReport& newest = trend.runs.back().report;
    std::string text = fmt::format("{} · {} · {} · {}, {} core{} · {} run{}\n",
                                   clean_text(newest.plan), clean_text(newest.profile),
                                   newest.quick ? "quick" : "full", clean_text(newest.machine.cpu),
                                   newest.machine.cores, newest.machine.cores == 1 ? "" : "s",
                                   trend.runs.size(), trend.runs.size() == 1 ? "" : "s");
    for (const NamedRun& run : trend.runs) {
        const std::string part = words_of_part(run.report).en;
        fmt::format_to(std::back_inserter(text), "  {}  {:<14}  {:<12}  {}{}{}\n",
                       readable_time(run.report.began), words_of(run.report.verdict()).en,
                       run.report.bottleneck.empty() ? "–" : clean_text(run.report.bottleneck),
                       clean_text(run.name), part.empty() ? "" : " · ", part);
    }
    if (!newest.bottleneck.empty()) {
        text += fmt::format("  bottleneck of the newest: {} ({})\n", clean_text(newest.bottleneck),
                            clean_text(newest.bottleneck_reason));
    }
    return text;
}

}  // namespace

std::string trend_text(const Trends& trends, bool colours) {
    std::string text;
    for (const Trend& trend : trends.trends) {
        if (!text.empty()) text += '\n';
        text += head_text(trend);
        if (trend.runs.size() == 1) {
            text += "  one run is no trend\n";
            continue;
        }
        text += fmt::format("  {:<{}} {:<{}} {:>12}   {:>12}\n", "", kTrendWidth, "", kSparks,
                            "usual", "newest");
        for (const TrendRow& row : trend.rows)
            text += row_text(row, colours);
    }
    for (const std::string& unreadable : trends.unreadable)
        text += fmt::format("left out: {}\n", clean_text(unreadable));
    return text;
}

}  // namespace cellmon::harness::report
