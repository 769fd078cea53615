#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cellmon::harness::plan {

/// A number that a phase of a kind may be told.
struct ParameterInfo {
    std::string_view name;
    std::string_view unit;
    double standard;  ///< Where the plan says nothing.
    double least;
    double most;
    bool whole;
    std::string_view meaning;
};

/// A promise that a phase of a kind is held against. Its name is the key by which reports are
/// compared: it stays.
struct CriterionInfo {
    enum class Bound { at_most, at_least, below };
    std::string_view name;
    std::string_view unit;
    Bound bound;
    double standard;  ///< The limit where the plan says nothing: that of the requirements.
    std::string_view meaning;
};

/// A kind of phase: what it does, what it may be told, what it is held against. Every criterion of
/// a kind is judged, whether the plan names a limit or not; a plan cannot leave one out.
struct KindInfo {
    std::string_view name;
    std::string_view meaning;
    std::vector<ParameterInfo> parameters;
    std::vector<CriterionInfo> criteria;
    bool takes_faults = false;
    bool takes_steps = false;  ///< `steps`: numbers of students, one after the other.

    [[nodiscard]] const ParameterInfo* parameter(std::string_view name) const;
    [[nodiscard]] const CriterionInfo* criterion(std::string_view name) const;
};

[[nodiscard]] const std::vector<KindInfo>& kinds();
/// nullptr: there is no such kind.
[[nodiscard]] const KindInfo* kind_named(std::string_view name);

/// "≤ 500", "≥ 10", "< 60".
[[nodiscard]] std::string limit_text(const CriterionInfo& criterion, double limit);
[[nodiscard]] bool holds(const CriterionInfo& criterion, double limit, double measured);

}  // namespace cellmon::harness::plan
