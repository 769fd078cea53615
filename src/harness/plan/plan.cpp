#include "harness/plan/plan.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "base/assert.hpp"

namespace cellmon::harness::plan {
namespace {

using chaos::Action;

constexpr std::array<FaultKind, 9> kFaultKinds{{
    {"kill", Action::kill, Action::start},
    {"restart", Action::restart, Action::start},
    {"stop", Action::stop, Action::go_on},
    {"refuse", Action::refuse, Action::open},
    {"cut", Action::cut, Action::open},
    {"hang", Action::hang, Action::open},
    {"slow", Action::slow, Action::open},
    {"disk_full", Action::fill, Action::empty},
    {"clock_step", Action::clock, Action::clock},
}};

}  // namespace

const FaultKind* fault_kind(std::string_view name) {
    const auto* const found = std::find_if(kFaultKinds.begin(), kFaultKinds.end(),
                                           [&](const FaultKind& one) { return one.name == name; });
    return found == kFaultKinds.end() ? nullptr : found;
}

std::string names_of_fault_kinds() {
    std::vector<std::string_view> names;
    std::transform(kFaultKinds.begin(), kFaultKinds.end(), std::back_inserter(names),
                   [](const FaultKind& one) { return one.name; });
    return fmt::format("{}", fmt::join(names, ", "));
}

const std::vector<std::string_view>& fault_targets() {
    static const std::vector<std::string_view> targets{"server", "postgresql", "influxdb", "redis"};
    return targets;
}

chaos::Step PlannedFault::begin() const {
    chaos::Step step;
    step.at_s = at_s;
    step.action = fault_kind(kind)->begin;
    step.target = target;
    step.values = values;
    return step;
}

chaos::Step PlannedFault::end() const {
    chaos::Step step;
    step.at_s = at_s + for_s;
    step.action = fault_kind(kind)->end;
    step.target = target;
    if (step.action == Action::clock) step.values["seconds"] = 0;
    return step;
}

double Phase::value(std::string_view parameter) const {
    const auto found = values.find(parameter);
    CELLMON_ASSERT(found != values.end());
    return found->second;
}

}  // namespace cellmon::harness::plan
