#include "harness/report/junit.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

struct Case {
    std::string name;
    std::string_view outcome;  ///< An element of JUnit; empty: passed.
    std::string message;
};

std::string message_of(const Criterion& criterion) {
    std::string message =
        criterion.measured
            ? fmt::format("measured {}, limit {}", measured_text(criterion), limit_text(criterion))
            : fmt::format("not measured, limit {}", limit_text(criterion));
    if (!criterion.reason.empty()) message += ": " + criterion.reason;
    return message;
}

/// What a case is when its phase as a whole has no result; empty: each criterion says its own.
std::string_view outcome_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::not_applicable:
            return "skipped";
        case Verdict::not_run:
        case Verdict::invalid:
            return "error";
        case Verdict::passed:
        case Verdict::failed:
            return {};
    }
    return {};
}

std::string reason_of(const PhaseReport& phase) {
    std::string reason(name_of(phase.judged()));
    std::replace(reason.begin(), reason.end(), '_', ' ');
    return phase.reason.empty() ? reason : fmt::format("{}: {}", reason, phase.reason);
}

std::vector<Case> cases_of(const PhaseReport& phase) {
    std::vector<Case> cases;
    const Verdict verdict = phase.judged();
    const std::string_view all = outcome_of(verdict);
    bool told = !all.empty();
    for (const Criterion& criterion : phase.criteria) {
        if (!all.empty()) {
            cases.push_back({criterion.name, all, reason_of(phase)});
        } else if (!criterion.applies) {
            cases.push_back({criterion.name, "skipped", criterion.reason});
        } else if (criterion.held) {
            cases.push_back({criterion.name, {}, {}});
        } else {
            cases.push_back({criterion.name, "failure", message_of(criterion)});
            told = true;
        }
    }
    if (cases.empty() || (verdict == Verdict::failed && !told)) {
        const bool passed = verdict == Verdict::passed;
        const std::string_view outcome = !all.empty() ? all : passed ? "" : "failure";
        cases.push_back({"phase", outcome, passed ? "" : reason_of(phase)});
    }
    return cases;
}

double seconds(TimeUs began, TimeUs ended) {
    return std::max<double>(0, static_cast<double>(ended - began) / 1e6);
}

std::string counts_of(const std::vector<Case>& cases) {
    const auto count = [&](std::string_view outcome) {
        return std::count_if(cases.begin(), cases.end(),
                             [&](const Case& one) { return one.outcome == outcome; });
    };
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}")", cases.size(),
                       count("failure"), count("error"), count("skipped"));
}

void append_case(std::string& xml, const Case& one, std::string_view class_name) {
    const auto out = std::back_inserter(xml);
    fmt::format_to(out, R"(    <testcase classname="{}" name="{}")", escaped(class_name),
                   escaped(one.name));
    if (one.outcome.empty()) {
        xml += "/>\n";
        return;
    }
    fmt::format_to(out, ">\n      <{} message=\"{}\"/>\n    </testcase>\n", one.outcome,
                   escaped(one.message));
}

void append_properties(std::string& xml, const RunReport& report) {
    const std::array<std::pair<std::string_view, std::string>, 7> properties{{
        {"profile", report.profile},
        {"target", report.target},
        {"quick", report.quick ? "true" : "false"},
        {"interrupted", report.interrupted ? "true" : "false"},
        {"seed", fmt::format("{}", report.seed)},
        {"bottleneck", report.bottleneck},
        {"left_out", fmt::format("{}", fmt::join(report.left_out, " "))},
    }};
    xml += "    <properties>\n";
    for (const auto& [name, value] : properties) {
        fmt::format_to(std::back_inserter(xml), "      <property name=\"{}\" value=\"{}\"/>\n",
                       name, escaped(value));
    }
    xml += "    </properties>\n";
}

}  // namespace

std::string junit_xml(const RunReport& report) {
    std::string suites;
    std::vector<Case> all;
    for (const PhaseReport& phase : report.phases) {
        const std::vector<Case> cases = cases_of(phase);
        // JUnit's times have no zone and are UTC.
        fmt::format_to(std::back_inserter(suites),
                       "  <testsuite name=\"{}\" {} time=\"{:.3f}\" timestamp=\"{}\">\n",
                       escaped(fmt::format("{} {}", phase.id, phase.name)), counts_of(cases),
                       seconds(phase.began, phase.ended), format_time(phase.began).substr(0, 19));
        append_properties(suites, report);
        for (const Case& one : cases)
            append_case(suites, one, fmt::format("{}.{}", report.plan, phase.id));
        suites += "  </testsuite>\n";
        all.insert(all.end(), cases.begin(), cases.end());
    }
    // The name stands above the counts wherever they are shown.
    const std::string part = words_of_part(report).en;
    const std::string name = part.empty() ? report.plan : fmt::format("{}, {}", report.plan, part);
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"{}\" {} time=\"{:.3f}\">\n{}</testsuites>\n",
        escaped(name), counts_of(all), seconds(report.began, report.ended), suites);
}

}  // namespace cellmon::harness::report
