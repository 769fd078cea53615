#include "harness/monitor/monitor_text.hpp"

#include <array>
#include <iterator>

#include <fmt/format.h>

namespace cellmon::harness::monitor {
namespace {

std::string painted(std::string_view text, Status status, const Look& look) {
    constexpr std::array<std::string_view, 3> kColours{"\x1b[32m", "\x1b[33m", "\x1b[31m"};
    if (!look.colour) return std::string(text);
    return fmt::format("{}{}\x1b[0m", kColours[static_cast<std::size_t>(status)], text);
}

std::string value_of(std::optional<double> value, const MetricInfo& info) {
    return value ? fmt::format("{:.{}f}", *value, info.decimals) : "-";
}

std::string with_unit(std::optional<double> value, const MetricInfo& info) {
    const std::string text = value_of(value, info);
    return info.unit.empty() || !value ? text : fmt::format("{} {}", text, info.unit);
}

/// Label, value, average and peak; or why there is no value.
std::string metric_row(const MetricInfo& info, const RunSummary& run) {
    const Reading& now = run.latest()[info.metric];
    if (!now.value) return fmt::format("  {:<20}{:>14}   {}", info.label, "-", now.reason);
    const Statistics& over = run.of(info.metric);
    return fmt::format("  {:<20}{:>14} {:<9}{:>14}{:>14}", info.label, value_of(now.value, info),
                       info.unit, value_of(over.average(), info), value_of(over.peak(), info));
}

const MetricInfo& info_of(Metric metric) {
    return metric_infos()[static_cast<std::size_t>(metric)];
}

std::string part_row(const RunSummary::Part& part) {
    const MetricInfo& cpu = info_of(Metric::cpu_percent);
    const MetricInfo& memory = info_of(Metric::memory_mb);
    return fmt::format(
        "  {:<20}CPU {} (peak {}) · memory {} (peak {}, growth {})", part.name,
        with_unit(part.cpu_percent.current(), cpu), with_unit(part.cpu_percent.peak(), cpu),
        with_unit(part.memory_mb.current(), memory), with_unit(part.memory_mb.peak(), memory),
        with_unit(part.memory_mb.growth(), memory));
}

/// All metrics and parts, under a head of columns.
std::vector<std::string> rows_of(const RunSummary& run) {
    std::vector<std::string> rows{
        fmt::format("  {:<20}{:>14} {:<9}{:>14}{:>14}", "", "now", "", "average", "peak")};
    for (const MetricInfo& info : metric_infos())
        rows.push_back(metric_row(info, run));
    for (const auto& part : run.parts())
        rows.push_back(part_row(part));
    return rows;
}

std::string criterion(std::string_view text, std::optional<bool> holds) {
    const std::string_view verdict = !holds ? "not seen" : *holds ? "yes" : "NO";
    return fmt::format("  {:<44}{}\n", text, verdict);
}

}  // namespace

std::vector<std::string> live_lines(const RunSummary& run, double seconds, const Look& look) {
    const Health& health = run.health();
    std::vector<std::string> lines{fmt::format("{}  {:.0f} s, {} samples  (Ctrl-C ends it)",
                                               painted(name_of(health.status), health.status, look),
                                               seconds, run.samples())};
    for (const std::string& reason : health.reasons)
        lines.push_back("  " + painted(reason, health.status, look));
    for (std::string& row : rows_of(run))
        lines.push_back(std::move(row));
    return lines;
}

std::string sample_line(const Sample& sample, const Health& health) {
    std::string line = fmt::format("{}  {:<8}", format_time(sample.at), name_of(health.status));
    for (const Metric metric : {Metric::cpu_percent, Metric::memory_mb, Metric::response_time,
                                Metric::throughput, Metric::error_rate, Metric::websockets}) {
        const MetricInfo& info = info_of(metric);
        fmt::format_to(std::back_inserter(line), "  {} {}", info.label,
                       with_unit(sample[metric].value, info));
    }
    for (const std::string& reason : health.reasons)
        fmt::format_to(std::back_inserter(line), "  ! {}", reason);
    return line;
}

std::string report_text(const RunSummary& run, double seconds,
                        const std::optional<LoadTest>& test) {
    std::string text;
    const auto out = std::back_inserter(text);
    if (test) {
        fmt::format_to(out, "load test {}{}\n", test->name,
                       test->expected_load.empty() ? "" : ": " + test->expected_load);
    }
    fmt::format_to(out, "{:.1f} s, {} samples: {} healthy, {} with a warning, {} critical\n",
                   seconds, run.samples(), run.samples_with(Status::healthy),
                   run.samples_with(Status::warning), run.samples_with(Status::critical));
    const Health& worst = run.worst_health();
    if (!worst.reasons.empty()) fmt::format_to(out, "at {}:\n", format_time(run.worst_at()));
    for (const std::string& reason : worst.reasons)
        fmt::format_to(out, "  {}\n", reason);
    for (const std::string& row : rows_of(run))
        fmt::format_to(out, "{}\n", row);
    if (!test) return text;
    const SuccessCriteria criteria = criteria_of(run);
    text += "\n";
    text += criterion("CPU under 80 % in every sample", criteria.cpu_under_80_percent);
    text += criterion("memory under 4 GB in every sample", criteria.memory_under_4gb);
    text += criterion("response time under 500 ms for 95 %", criteria.response_time_under_500ms);
    text +=
        criterion("error rate under 0.1 % of all requests", criteria.error_rate_under_0_1_percent);
    return text;
}

}  // namespace cellmon::harness::monitor
