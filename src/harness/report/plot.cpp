#include "harness/report/plot.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "harness/report/axis.hpp"
#include "harness/report/clean_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/thinning.hpp"

namespace cellmon::harness::report {
namespace {

// In units of the SVG, which are pixels at its full width.
constexpr double kWidth = 560;
constexpr double kLeft = 62;
constexpr double kRight = 14;
constexpr double kTop = 24;
constexpr double kPlotHeight = 158;
constexpr double kAxisHeight = 40;
constexpr double kLegendLine = 18;
constexpr double kLegendColumn = 250;
constexpr std::size_t kLegendColumns = 2;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kBottom = kTop + kPlotHeight;
/// With more faults, a band has its number alone.
constexpr std::size_t kNamedFaults = 3;

/// From times and values to places.
struct Scale {
    TimeUs began;
    Axis time;
    Axis value;

    [[nodiscard]] double x(TimeUs at) const {
        const double units = static_cast<double>(at - began) / time.per_unit;
        return kLeft + std::clamp(units / time.to, 0.0, 1.0) * kPlotWidth;
    }
    [[nodiscard]] double y(double of) const {
        return kBottom - (of - value.from) / (value.to - value.from) * kPlotHeight;
    }
};

TimeUs end_of(const PhaseReport& phase) {
    TimeUs end = phase.ended;
    for (const Series& series : phase.series) {
        for (const TimeUs at : series.at)
            end = std::max(end, at);
    }
    return end;
}

Scale scale_of(const Panel& panel, const PhaseReport& phase, double most) {
    double least = 0;
    for (const Series* series : panel.series) {
        for (const auto& value : series->value)
            least = std::min(least, value.value_or(0));
    }
    return {phase.began, time_axis(end_of(phase) - phase.began),
            value_axis(least, std::max(most, greatest_of(panel)))};
}

void append_axes(std::string& svg, const Scale& scale) {
    const auto out = std::back_inserter(svg);
    for (const double tick : scale.value.ticks) {
        const double y = scale.y(tick);
        fmt::format_to(out,
                       R"(<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>)"
                       R"(<text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>)",
                       kLeft, kWidth - kRight, y, kLeft - 7, y + 4, tick_text(tick));
    }
    fmt::format_to(out, R"(<line class="axis" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>)", kLeft,
                   kWidth - kRight, kBottom);
    for (const double tick : scale.time.ticks) {
        const double x = kLeft + tick / scale.time.to * kPlotWidth;
        fmt::format_to(out,
                       R"(<line class="axis" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)"
                       R"(<text x="{0:.1f}" y="{3}" text-anchor="middle">{4}</text>)",
                       x, kBottom, kBottom + 4, kBottom + 18, tick_text(tick));
    }
    fmt::format_to(
        out, R"(<text x="{}" y="{}" text-anchor="end">{}</text>)", kWidth - kRight, kBottom + 34,
        both_in_svg({fmt::format("フェーズ開始からの時間 [{}]", scale.time.unit.ja),
                     fmt::format("time since the phase began [{}]", scale.time.unit.en)}));
}

std::string fault_label(const Fault& fault, std::size_t number, std::size_t of) {
    if (of > kNamedFaults) return fmt::format("F{}", number);
    const Words kind = words_of(fault.kind);
    const Words target = words_of(fault.target);
    return both_in_svg({fmt::format("F{} {}: {}", number, target.ja, kind.ja),
                        fmt::format("F{} {}: {}", number, target.en, kind.en)});
}

void append_band(std::string& svg, std::string_view what, double from, double to) {
    // A moment is still seen.
    fmt::format_to(std::back_inserter(svg),
                   R"(<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>)", what, from,
                   kTop, std::max(to - from, 1.5), kPlotHeight);
}

void append_faults(std::string& svg, const PhaseReport& phase, const Scale& scale) {
    const auto out = std::back_inserter(svg);
    const double right = kWidth - kRight;
    double free_from = 0;
    for (std::size_t i = 0; i < phase.faults.size(); ++i) {
        const Fault& fault = phase.faults[i];
        const double from = scale.x(fault.began);
        const double to = fault.ended ? scale.x(*fault.ended) : right;
        append_band(svg, "fault", from, to);
        if (fault.ended && fault.recovered) {
            const double back = scale.x(*fault.recovered);
            append_band(svg, "recovery", to, back);
            fmt::format_to(
                out, R"(<line class="recovered" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)",
                back, kTop, kBottom);
        }
        fmt::format_to(out, R"(<line class="edge" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)",
                       from, kTop - 4, kBottom);
        // Above the plot, where labels do not cover lines; one that has no room is left to its
        // band and the table of faults.
        const bool is_far_right = from > kLeft + kPlotWidth * 0.66;
        if (from < free_from) continue;
        fmt::format_to(out, R"(<text class="mark" x="{:.1f}" y="{}" text-anchor="{}">{}</text>)",
                       is_far_right ? std::min(from + 60, right) : from, kTop - 8,
                       is_far_right ? "end" : "start",
                       fault_label(fault, i + 1, phase.faults.size()));
        free_from = from + (phase.faults.size() > kNamedFaults ? 26 : kPlotWidth * 0.34);
    }
}

void append_line(std::string& svg, const Series& series, std::size_t index, const Scale& scale) {
    const auto out = std::back_inserter(svg);
    fmt::format_to(out, R"(<path class="line s{}" d=")", index);
    const auto kept = thinned(series, static_cast<std::size_t>(kPlotWidth));
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const double x = scale.x(series.at[kept[i].index]);
        const double y = scale.y(*series.value[kept[i].index]);
        fmt::format_to(out, "{}{:.1f} {:.1f}", kept[i].gap ? "M" : "L", x, y);
        // One value between two gaps is a cross: a dot as thick as a line is hard to see.
        if (kept[i].gap && (i + 1 == kept.size() || kept[i + 1].gap)) svg += "m-3 0h6m-3-3v6";
    }
    svg += "\"/>";
}

void append_legend(std::string& svg, const Panel& panel) {
    const auto out = std::back_inserter(svg);
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        const std::size_t column = i % kLegendColumns;
        const std::size_t line = i / kLegendColumns;
        const double x = kLeft + static_cast<double>(column) * kLegendColumn;
        const double y = kBottom + kAxisHeight + (static_cast<double>(line) + 0.75) * kLegendLine;
        fmt::format_to(out,
                       R"(<path class="line s{}" d="M{:.1f} {:.1f}h26"/>)"
                       R"(<text x="{:.1f}" y="{:.1f}">{}</text>)",
                       i, x, y - 4, x + 33, y, both_in_svg(words_of(panel.series[i]->name)));
    }
}

/// For who does not see the picture.
Words description(const Panel& panel) {
    Words text{panel.title.ja + ": ", panel.title.en + ": "};
    for (const Series* series : panel.series) {
        const double most = greatest_of({{}, {}, {series}});
        const Words name = words_of(series->name);
        const std::string peak = with_unit(most, series->unit);
        text.ja += fmt::format("{} 最大 {}; ", name.ja, peak);
        text.en += fmt::format("{} at most {}; ", name.en, peak);
    }
    return text;
}

}  // namespace

double greatest_of(const Panel& panel) {
    double most = -std::numeric_limits<double>::infinity();
    for (const Series* series : panel.series) {
        for (const auto& value : series->value)
            most = std::max(most, value.value_or(most));
    }
    return most;
}

std::string plot(const Panel& panel, const PhaseReport& phase, const PlotFrame& frame) {
    const Scale scale = scale_of(panel, phase, frame.most);
    const std::size_t rows = (panel.series.size() + kLegendColumns - 1) / kLegendColumns;
    const double height = kBottom + kAxisHeight + static_cast<double>(rows) * kLegendLine + 4;
    const std::string unit = panel.unit.empty() ? "" : fmt::format(" [{}]", panel.unit);
    const Words about = description(panel);
    std::string svg;
    append_axes(svg, scale);
    append_faults(svg, phase, scale);
    for (std::size_t i = 0; i < panel.series.size(); ++i)
        append_line(svg, *panel.series[i], i, scale);
    append_legend(svg, panel);
    return fmt::format(
        "<figure><figcaption>{}{}{}{}</figcaption>\n"
        R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{} / {}">{}</svg></figure>)"
        "\n",
        escaped(frame.name), frame.name.empty() ? "" : " · ", both(panel.title), escaped(unit),
        kWidth, height, escaped(about.ja), escaped(about.en), svg);
}

}  // namespace cellmon::harness::report
