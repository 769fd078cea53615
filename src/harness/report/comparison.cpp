#include "harness/report/comparison.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cellmon::harness::report {
namespace {

bool has_result(const PhaseReport& phase) {
    const Verdict verdict = phase.judged();
    return verdict == Verdict::passed || verdict == Verdict::failed;
}

Row row_of(const PhaseReport& phase, std::size_t runs) {
    Row row;
    row.phase = phase.id;
    row.phase_name = phase.name;
    row.phase_name_ja = phase.name_ja;
    row.values.resize(runs);
    return row;
}

Row row_of(const PhaseReport& phase, const Criterion& criterion, std::size_t runs) {
    Row row = row_of(phase, runs);
    row.name = criterion.name;
    row.unit = criterion.unit;
    row.limit = criterion.limit;
    row.is_criterion = true;
    row.better = better_by(criterion.limit);
    row.target = number_in(criterion.limit);
    return row;
}

Row row_of(const PhaseReport& phase, const Figure& figure, std::size_t runs) {
    Row row = row_of(phase, runs);
    row.name = figure.name;
    row.unit = figure.unit;
    row.better = figure.better;
    return row;
}

/// The rows of one phase, in the order of the first run that has each.
class PhaseRows {
  public:
    explicit PhaseRows(std::size_t runs) : runs_(runs) {}

    template <typename Measure>
    Value& value(const PhaseReport& phase, const Measure& measure, bool is_criterion,
                 std::size_t run) {
        const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
            return row.is_criterion == is_criterion && row.name == measure.name &&
                   row.unit == measure.unit;
        });
        if (found != rows_.end()) return found->values[run];
        rows_.push_back(row_of(phase, measure, runs_));
        return rows_.back().values[run];
    }

    void add(const PhaseReport& phase, std::size_t run) {
        const bool result = has_result(phase);
        for (const Criterion& criterion : phase.criteria) {
            Value& into = value(phase, criterion, true, run);
            // What a phase without a result has measured counts for nothing.
            if (!result) continue;
            into.measured = criterion.measured;
            if (criterion.applies) into.held = criterion.held;
        }
        for (const Figure& figure : phase.figures) {
            Value& into = value(phase, figure, false, run);
            if (result && std::isfinite(figure.value)) into.measured = figure.value;
        }
    }

    void move_into(std::vector<Row>& rows) {
        std::stable_partition(rows_.begin(), rows_.end(),
                              [](const Row& row) { return row.is_criterion; });
        std::move(rows_.begin(), rows_.end(), std::back_inserter(rows));
    }

  private:
    std::size_t runs_;
    std::vector<Row> rows_;
};

const PhaseReport* find_phase(const RunReport& report, std::string_view id) {
    const auto found = std::find_if(report.phases.begin(), report.phases.end(),
                                    [&](const PhaseReport& phase) { return phase.id == id; });
    return found == report.phases.end() ? nullptr : &*found;
}

std::vector<PhaseRow> phases_of(const std::vector<NamedRun>& runs) {
    std::vector<PhaseRow> phases;
    for (const NamedRun& run : runs) {
        for (const PhaseReport& phase : run.report.phases) {
            const bool known = std::any_of(phases.begin(), phases.end(),
                                           [&](const PhaseRow& row) { return row.id == phase.id; });
            if (!known) phases.push_back({phase.id, phase.name, phase.name_ja, {}});
        }
    }
    for (PhaseRow& row : phases) {
        for (const NamedRun& run : runs) {
            const PhaseReport* phase = find_phase(run.report, row.id);
            row.verdicts.push_back(phase == nullptr ? std::nullopt
                                                    : std::optional(phase->judged()));
        }
    }
    return phases;
}

/// A limit like "= 0" asks for nearness.
Change direction_of(const Row& row, double before, double now) {
    if (row.better == Figure::Better::lower) return now < before ? Change::better : Change::worse;
    if (row.better == Figure::Better::higher) return now > before ? Change::better : Change::worse;
    if (!row.is_criterion || !row.target) return Change::differs;
    const double further = std::abs(now - *row.target) - std::abs(before - *row.target);
    if (further == 0) return Change::same;
    return further < 0 ? Change::better : Change::worse;
}

}  // namespace

std::string_view name_of(Change change) {
    switch (change) {
        case Change::better:
            return "better";
        case Change::worse:
            return "worse";
        case Change::same:
            return "same";
        case Change::differs:
            return "differs";
        case Change::unknown:
            return "unknown";
    }
    return "";
}

std::size_t Comparison::count(Change change) const {
    std::size_t counted = 0;
    for (const Row& row : rows) {
        // The first one is what the others are held against.
        for (std::size_t i = 1; i < row.values.size(); ++i)
            counted += row.values[i].change == change ? 1 : 0;
    }
    return counted;
}

Figure::Better better_by(std::string_view limit) {
    for (const std::string_view sign : {"≤", "<"}) {
        if (limit.starts_with(sign)) return Figure::Better::lower;
    }
    for (const std::string_view sign : {"≥", ">"}) {
        if (limit.starts_with(sign)) return Figure::Better::higher;
    }
    return Figure::Better::neither;
}

std::optional<double> number_in(std::string_view limit) {
    const auto begin = limit.find_first_of("-0123456789");
    if (begin == std::string_view::npos) return std::nullopt;
    std::string digits;
    for (const char c : limit.substr(begin)) {
        if (c == ',') continue;  // Between thousands.
        digits += c;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

Value compared(const Row& row, const Value& before, Value now, double tolerance) {
    now.change = Change::unknown;
    now.percent.reset();
    if (before.measured && now.measured && *before.measured != 0)
        now.percent = (*now.measured - *before.measured) / std::abs(*before.measured) * 100;
    // Whether a promise is kept weighs more than by how much.
    if (before.held && now.held && *before.held != *now.held) {
        now.change = *now.held ? Change::better : Change::worse;
        return now;
    }
    if (!before.measured || !now.measured) return now;
    // From 0 on there is no percentage: the limit says what is much.
    const double scale =
        *before.measured != 0 ? std::abs(*before.measured) : std::abs(row.target.value_or(0));
    const double difference = std::abs(*now.measured - *before.measured);
    now.change = difference <= scale * tolerance / 100
                     ? Change::same
                     : direction_of(row, *before.measured, *now.measured);
    return now;
}

Comparison compare(const std::vector<NamedRun>& runs, double tolerance) {
    Comparison comparison;
    comparison.phases = phases_of(runs);
    for (const PhaseRow& phase : comparison.phases) {
        PhaseRows rows(runs.size());
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if (const PhaseReport* own = find_phase(runs[i].report, phase.id)) rows.add(*own, i);
        }
        rows.move_into(comparison.rows);
    }
    for (Row& row : comparison.rows) {
        for (std::size_t i = 1; i < row.values.size(); ++i)
            row.values[i] = compared(row, row.values[0], row.values[i], tolerance);
    }
    return comparison;
}

}  // namespace cellmon::harness::report
