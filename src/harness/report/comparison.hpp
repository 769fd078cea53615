#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// How a value stands to the one it is compared with, by the rules of docs/reference/report.md.
enum class Change {
    better,
    worse,
    same,     ///< Within the tolerance.
    differs,  ///< Of a figure that has no better direction.
    unknown,  ///< One of the two is missing.
};
[[nodiscard]] std::string_view name_of(Change change);

/// A run, and how it is called beside others.
struct NamedRun {
    std::string name;  ///< Its folder.
    RunReport report;
};

/// One run's value of a row.
struct Value {
    std::optional<double> measured;
    std::optional<bool> held;  ///< Of a criterion in a phase that has a result.
    Change change = Change::unknown;
    std::optional<double> percent;  ///< By how much it differs, in percent of the other one.
};

/// A criterion or figure over all runs.
struct Row {
    std::string phase;  ///< Its id.
    std::string phase_name;
    std::string phase_name_ja;
    std::string name;
    std::string unit;
    std::string limit;  ///< Of the first run that has the criterion; empty of a figure.
    bool is_criterion = false;
    Figure::Better better = Figure::Better::neither;
    std::optional<double> target;  ///< The number in the limit.
    std::vector<Value> values;     ///< One for each run, in their order.
};

/// A phase's verdicts over all runs; nullopt: the run has no such phase.
struct PhaseRow {
    std::string id;
    std::string name;
    std::string name_ja;
    std::vector<std::optional<Verdict>> verdicts;
};

struct Comparison {
    std::vector<PhaseRow> phases;
    std::vector<Row> rows;  ///< By phase, criteria before figures.

    [[nodiscard]] std::size_t count(Change change) const;
};

/// Each run held against the first. Rows are those of any run; phases are the same when their ids
/// are. `tolerance` is the percentage within which two values are the same.
[[nodiscard]] Comparison compare(const std::vector<NamedRun>& runs, double tolerance);

/// What `now` is to `before` in a row.
[[nodiscard]] Value compared(const Row& row, const Value& before, Value now, double tolerance);

/// Which direction is better by the words of a limit: "≤ 500" lower, "≥ 10" higher, others neither.
[[nodiscard]] Figure::Better better_by(std::string_view limit);
/// The number in a limit, "= 0" has 0.
[[nodiscard]] std::optional<double> number_in(std::string_view limit);

}  // namespace cellmon::harness::report
