#include "harness/report/comparison_text.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/page.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

constexpr std::size_t kNameWidth = 34;
constexpr std::size_t kValueWidth = 14;

std::string value_text(const Value& value) {
    return value.measured ? readable(*value.measured) : "–";
}

std::string change_text(const Value& value) {
    std::string text(name_of(value.change));
    if (value.percent && value.change != Change::same) text += " " + percent_text(*value.percent);
    return text;
}

std::string name_text(const Row& row) {
    std::string text = words_of(row.name).en;
    if (!row.unit.empty()) text += fmt::format(" [{}]", row.unit);
    if (!row.limit.empty()) text += fmt::format(" ({})", row.limit);
    return clean_text(text);
}

void append_runs(std::string& text, const std::vector<NamedRun>& runs) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const RunReport& report = runs[i].report;
        fmt::format_to(std::back_inserter(text), "{}  {}\n     {} · {} · {} · {} · {}{}\n",
                       letter_of(i), clean_text(runs[i].name), clean_text(report.plan),
                       clean_text(report.profile), clean_text(report.target),
                       readable_time(report.began), clean_text(words_of(report).en),
                       report.bottleneck.empty()
                           ? ""
                           : fmt::format(" · bottleneck: {}", clean_text(report.bottleneck)));
    }
}

void append_row(std::string& text, const Row& row, bool colours) {
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "  {:<{}}", name_text(row), kNameWidth);
    for (std::size_t i = 0; i < row.values.size(); ++i) {
        const Value& value = row.values[i];
        const bool broken = value.held && !*value.held;
        fmt::format_to(out, "{:>{}}{}", value_text(value), kValueWidth, broken ? "✕" : " ");
        if (i == 0) continue;
        // Padded before it is coloured: escape codes have no width.
        text += ' ' + coloured(fmt::format("{:<16}", change_text(value)), value.change, colours);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
}

void append_phase(std::string& text, const PhaseRow& phase) {
    fmt::format_to(std::back_inserter(text), "\n{} {}:", clean_text(phase.id),
                   clean_text(phase.name));
    for (std::size_t i = 0; i < phase.verdicts.size(); ++i) {
        const auto& verdict = phase.verdicts[i];
        fmt::format_to(std::back_inserter(text), "{} {} {}", i == 0 ? "" : ",", letter_of(i),
                       verdict ? words_of(*verdict).en : "no such phase");
    }
    text += '\n';
}

}  // namespace

std::string letter_of(std::size_t run) {
    constexpr std::size_t kLetters = 26;
    std::string letters;
    for (std::size_t rest = run + 1; rest > 0; rest = (rest - 1) / kLetters)
        letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % kLetters));
    return letters;
}

std::string percent_text(double percent) {
    const std::string number = readable(percent);
    // Hundreds of percent need no digits behind the point.
    constexpr double kMuch = 100;
    const std::string text =
        percent >= kMuch || percent <= -kMuch ? fmt::format("{:.0f}", percent) : number;
    return fmt::format("{}{} %", percent > 0 ? "+" : "", text);
}

std::vector<std::string> unlike_in(const std::vector<NamedRun>& runs) {
    std::vector<std::string> unlike;
    const auto check = [&](std::string what, const auto& of) {
        const bool alike = std::all_of(runs.begin(), runs.end(), [&](const NamedRun& run) {
            return of(run.report) == of(runs.front().report);
        });
        if (!alike) unlike.push_back(std::move(what));
    };
    if (runs.empty()) return unlike;
    check("plan", [](const RunReport& report) { return report.plan; });
    check("length", [](const RunReport& report) { return report.quick; });
    check("phases", [](const RunReport& report) { return report.left_out; });
    check("machine", [](const RunReport& report) {
        return std::pair(report.machine.cpu, report.machine.cores);
    });
    check("file system", [](const RunReport& report) { return report.machine.file_system; });
    return unlike;
}

std::string coloured(std::string_view text, Change change, bool colours) {
    const std::string_view code = change == Change::better  ? "\x1b[32m"
                                  : change == Change::worse ? "\x1b[31m"
                                                            : "";
    if (!colours || code.empty()) return std::string(text);
    return fmt::format("{}{}\x1b[0m", code, text);
}

std::string comparison_text(const std::vector<NamedRun>& runs, const Comparison& comparison,
                            bool colours) {
    std::string text;
    append_runs(text, runs);
    if (const auto unlike = unlike_in(runs); !unlike.empty())
        text += fmt::format("   not alike in: {}\n", fmt::join(unlike, ", "));
    auto row = comparison.rows.begin();
    for (const PhaseRow& phase : comparison.phases) {
        append_phase(text, phase);
        for (; row != comparison.rows.end() && row->phase == phase.id; ++row)
            append_row(text, *row, colours);
    }
    return text + fmt::format(
                      "\nheld against A: {} better, {} worse, {} the same; ✕ a limit that "
                      "does not hold\n",
                      comparison.count(Change::better), comparison.count(Change::worse),
                      comparison.count(Change::same));
}

}  // namespace cellmon::harness::report
