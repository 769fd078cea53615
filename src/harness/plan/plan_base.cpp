#include "harness/plan/plan_base.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "harness/plan/toml_place.hpp"

namespace cellmon::harness::plan {
namespace {

tl::unexpected<Error> wrong_in(const toml::node& node, std::string_view what) {
    return fail(ErrorCode::invalid, fmt::format("{}: {}", place_of(node), what));
}

Result<const BuiltinPlan*> base_named(const toml::node& node,
                                      const std::vector<BuiltinPlan>& plans) {
    const auto name = node.value<std::string_view>();
    if (!name) return wrong_in(node, "extends must be a text");
    const auto found = std::find_if(plans.begin(), plans.end(),
                                    [&](const BuiltinPlan& one) { return one.name == *name; });
    if (found != plans.end()) return &*found;
    std::vector<std::string_view> names;
    std::transform(plans.begin(), plans.end(), std::back_inserter(names),
                   [](const BuiltinPlan& one) { return one.name; });
    return wrong_in(node, fmt::format("extends \"{}\" is no plan of the program; there are {}",
                                      *name, fmt::join(names, ", ")));
}

// Nodes are moved all along: a copy does not know where it was written.

/// What `own` does not say is that of `base`.
void take_rest(toml::table& own, toml::table& base) {
    for (auto&& [key, node] : base)
        own.insert(key, std::move(node));
}

/// The same of a table below both, key by key.
void take_rest_below(std::string_view key, toml::table& own, toml::table& base) {
    auto* const mine = own.get_as<toml::table>(key);
    auto* const theirs = base.get_as<toml::table>(key);
    if (mine != nullptr && theirs != nullptr) take_rest(*mine, *theirs);
}

std::vector<toml::table> take_tables(toml::array& array) {
    std::vector<toml::table> tables;
    for (toml::node& one : array)
        tables.push_back(std::move(*one.as_table()));
    array.clear();
    return tables;
}

std::string text_in(const toml::table& phase, std::string_view key) {
    return phase[key].value<std::string>().value_or(std::string());
}

auto phase_named(std::vector<toml::table>& phases, std::string_view id) {
    return std::find_if(phases.begin(), phases.end(),
                        [&](const toml::table& one) { return text_in(one, "id") == id; });
}

Result<void> leave_phases_out(const toml::node& list, std::vector<toml::table>& phases,
                              std::string_view base) {
    const auto* const ids = list.as_array();
    if (ids == nullptr || (!ids->empty() && !ids->is_homogeneous<std::string>()))
        return wrong_in(list, "leave_out must be a list of ids of phases");
    for (const toml::node& id : *ids) {
        const auto found = phase_named(phases, id.value<std::string>().value_or(std::string()));
        if (found == phases.end())
            return wrong_in(id, fmt::format("leave_out \"{}\" is no phase of {}, or is there twice",
                                            *id.value<std::string>(), base));
        phases.erase(found);
    }
    return {};
}

/// A phase of the base changes, another one comes behind all of them.
Result<void> add_phase(toml::table own, std::vector<toml::table>& phases, std::string_view base) {
    const std::string id = text_in(own, "id");
    const auto found = phase_named(phases, id);
    if (found == phases.end()) {
        if (!own.contains("kind") && !id.empty())
            return wrong_in(
                own,
                fmt::format("kind of phase {} is missing, and {} has no such phase", id, base));
        phases.push_back(std::move(own));
        return {};
    }
    const std::string kind = text_in(*found, "kind");
    if (own.contains("kind") && text_in(own, "kind") != kind) {
        return wrong_in(*own.get("kind"),
                        fmt::format("kind of phase {} is {} in {}; leave_out lets another take "
                                    "its place",
                                    id, kind, base));
    }
    take_rest_below("quick", own, *found);
    take_rest_below("limits", own, *found);
    take_rest(own, *found);
    *found = std::move(own);
    return {};
}

/// The size of the class goes for all phases but those that say another one beside it.
void forget_students(std::vector<toml::table>& phases) {
    for (toml::table& phase : phases) {
        phase.erase("students");
        if (auto* const quick = phase.get_as<toml::table>("quick"); quick != nullptr)
            quick->erase("students");
    }
}

Result<void> merge_phases(toml::table& own, toml::table& base, std::string_view name) {
    std::vector<toml::table> phases = take_tables(*base.get_as<toml::array>("phase"));
    if (const auto* const list = own.get("leave_out"); list != nullptr)
        CELLMON_TRY(leave_phases_out(*list, phases, name));
    if (own.contains("students")) forget_students(phases);
    own.insert("phase", toml::array{});
    auto* const array = own.get_as<toml::array>("phase");
    // Who reads the plan says what is wrong about it.
    if (array == nullptr || (!array->empty() && !array->is_array_of_tables())) return {};
    std::set<std::string> ids;
    for (toml::table& phase : take_tables(*array)) {
        const std::string id = text_in(phase, "id");
        if (!id.empty() && !ids.insert(id).second)
            return wrong_in(phase,
                            fmt::format("id of phase {} is that of an earlier phase, too", id));
        CELLMON_TRY(add_phase(std::move(phase), phases, name));
    }
    for (toml::table& phase : phases)
        array->push_back(std::move(phase));
    return {};
}

}  // namespace

Result<void> fill_from_base(toml::table& plan, const std::vector<BuiltinPlan>& bases) {
    const auto* const extends = plan.get("extends");
    if (extends == nullptr) return {};
    CELLMON_TRY_ASSIGN(const BuiltinPlan* const found, base_named(*extends, bases));
    toml::table base = toml::parse(found->toml, fmt::format("{}.toml", found->name));
    // A base may have one itself. They are the program's, and none is its own.
    CELLMON_TRY(fill_from_base(base, bases));
    CELLMON_TRY(merge_phases(plan, base, found->name));
    // Its reports must not be taken for those of the base.
    for (const std::string_view key : {"name", "title", "title_ja", "phase"})
        base.erase(key);
    take_rest_below("generator", plan, base);
    take_rest(plan, base);
    plan.erase("extends");
    plan.erase("leave_out");
    return {};
}

}  // namespace cellmon::harness::plan
