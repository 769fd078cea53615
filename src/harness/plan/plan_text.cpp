#include "harness/plan/plan_text.hpp"

#include <iterator>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness::plan {
namespace {

std::string unit_of(std::string_view unit) {
    return unit.empty() ? std::string() : fmt::format(" {}", unit);
}

std::string json_string(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

template <typename Items, typename Write>
std::string list_of(const Items& items, const Write& write) {
    std::string text;
    for (const auto& item : items) {
        if (!text.empty()) text += ',';
        text += write(item);
    }
    return text;
}

std::string members_of(const Numbers& numbers) {
    return list_of(numbers, [](const auto& one) {
        return fmt::format("{}:{}", json_string(one.first), one.second);
    });
}

std::string json_of(const PlannedFault& fault) {
    return fmt::format(R"({{"kind":{},"target":{},"at_s":{},"for_s":{},"values":{{{}}}}})",
                       json_string(fault.kind), json_string(fault.target), fault.at_s, fault.for_s,
                       members_of(fault.values));
}

std::string json_of(const Phase& phase) {
    return fmt::format(
        R"({{"id":{},"name":{},"name_ja":{},"kind":{},"values":{{{}}},"steps":[{}],"faults":[{}],"limits":{{{}}}}})",
        json_string(phase.id), json_string(phase.name), json_string(phase.name_ja),
        json_string(phase.kind->name), members_of(phase.values),
        list_of(phase.steps, [](double step) { return fmt::format("{}", step); }),
        list_of(phase.faults, [](const PlannedFault& fault) { return json_of(fault); }),
        members_of(phase.limits));
}

}  // namespace

std::string text_of(const Plan& plan) {
    std::string text = fmt::format("{}  {}\n", plan.name, plan.title_ja);
    const auto line = [&](const std::string& more) { text += more + "\n"; };
    if (!plan.title.empty()) line(fmt::format("  {}", plan.title));
    line(fmt::format("  generator: lag p99 ≤ {:g} ms, CPU ≤ {:g} % of a core",
                     plan.generator.lag_ms, plan.generator.cpu_percent));
    for (const Phase& phase : plan.phases) {
        line(fmt::format("\n{}  {}{}{}", phase.id, phase.name_ja,
                         phase.name_ja.empty() ? "" : " / ", phase.name));
        line(fmt::format("  {}: {}", phase.kind->name, phase.kind->meaning));
        if (!phase.steps.empty())
            line(fmt::format("    {:<24} {:g}", "steps", fmt::join(phase.steps, ", ")));
        for (const ParameterInfo& info : phase.kind->parameters)
            line(fmt::format("    {:<24} {:g}{}", info.name, phase.value(info.name),
                             unit_of(info.unit)));
        for (const PlannedFault& fault : phase.faults) {
            std::string values;
            for (const auto& [name, value] : fault.values)
                values += fmt::format(", {} {:g}", name, value);
            line(fmt::format("    {:<24} {} at {:g} s for {:g} s{}", fault.kind, fault.target,
                             fault.at_s, fault.for_s, values));
        }
        for (const CriterionInfo& info : phase.kind->criteria)
            line(fmt::format("    {:<24} {}{}  ({})", info.name,
                             limit_text(info, phase.limits.at(std::string(info.name))),
                             unit_of(info.unit), info.meaning));
    }
    return text;
}

std::string json_of(const Plan& plan) {
    return fmt::format(
        R"({{"name":{},"title":{},"title_ja":{},"generator":{{"lag_ms":{},"cpu_percent":{}}},"phases":[{}]}})",
        json_string(plan.name), json_string(plan.title), json_string(plan.title_ja),
        plan.generator.lag_ms, plan.generator.cpu_percent,
        list_of(plan.phases, [](const Phase& phase) { return json_of(phase); }));
}

}  // namespace cellmon::harness::plan
