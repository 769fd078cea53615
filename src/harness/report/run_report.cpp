#include "harness/report/run_report.hpp"

#include <algorithm>
#include <array>

namespace cellmon::harness::report {
namespace {

template <typename Value>
struct Named {
    Value value;
    std::string_view name;
};

constexpr std::array<Named<Verdict>, 5> kVerdicts{{
    {Verdict::passed, "passed"},
    {Verdict::failed, "failed"},
    {Verdict::not_applicable, "not_applicable"},
    {Verdict::not_run, "not_run"},
    {Verdict::invalid, "invalid"},
}};

constexpr std::array<Named<Figure::Better>, 3> kDirections{{
    {Figure::Better::lower, "lower"},
    {Figure::Better::higher, "higher"},
    {Figure::Better::neither, "neither"},
}};

template <typename Names, typename Value>
std::string_view name_in(const Names& names, Value value) {
    const auto* const found = std::find_if(names.begin(), names.end(),
                                           [&](const auto& named) { return named.value == value; });
    return found == names.end() ? std::string_view() : found->name;
}

template <typename Value, std::size_t size>
std::optional<Value> value_in(const std::array<Named<Value>, size>& names, std::string_view name) {
    const auto* const found = std::find_if(names.begin(), names.end(),
                                           [&](const auto& named) { return named.name == name; });
    return found == names.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    return name_in(kVerdicts, verdict);
}

std::optional<Verdict> verdict_of(std::string_view name) {
    return value_in(kVerdicts, name);
}

std::string_view name_of(Figure::Better better) {
    return name_in(kDirections, better);
}

std::optional<Figure::Better> better_of(std::string_view name) {
    return value_in(kDirections, name);
}

Verdict PhaseReport::judged() const {
    if (verdict != Verdict::passed) return verdict;
    const bool all_held =
        std::none_of(criteria.begin(), criteria.end(),
                     [](const Criterion& criterion) { return criterion.broken(); });
    const bool all_undone = std::all_of(faults.begin(), faults.end(),
                                        [](const Fault& fault) { return fault.ended.has_value(); });
    return all_held && all_undone ? Verdict::passed : Verdict::failed;
}

Verdict RunReport::verdict() const {
    const auto any = [&](Verdict wanted) {
        return std::any_of(phases.begin(), phases.end(),
                           [&](const PhaseReport& phase) { return phase.judged() == wanted; });
    };
    if (any(Verdict::failed)) return Verdict::failed;
    if (any(Verdict::invalid)) return Verdict::invalid;
    if (interrupted || phases.empty() || any(Verdict::not_run)) return Verdict::not_run;
    return any(Verdict::passed) ? Verdict::passed : Verdict::not_applicable;
}

std::size_t RunReport::played() const {
    return static_cast<std::size_t>(
        std::count_if(phases.begin(), phases.end(), [](const PhaseReport& phase) {
            const Verdict verdict = phase.judged();
            return verdict != Verdict::not_applicable && verdict != Verdict::not_run;
        }));
}

}  // namespace cellmon::harness::report
