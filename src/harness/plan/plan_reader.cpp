#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "harness/plan/builtin_plans.hpp"
#include "harness/plan/plan.hpp"
#include "harness/plan/plan_base.hpp"
#include "harness/plan/toml_place.hpp"

namespace cellmon::harness::plan {
namespace {

constexpr std::size_t kMostPhases = 200;
constexpr std::size_t kMostSteps = 100;
constexpr std::size_t kMostFaults = 50;
constexpr double kMostStudents = 10'000;

class PlanReader {
  public:
    explicit PlanReader(bool quick) : quick_(quick) {}

    Result<Plan> read(const toml::table& table) {
        Plan plan;
        students_ = table.get("students");
        for (const auto& [key, node] : table) {
            const std::string_view name = key.str();
            if (name == "name") {
                CELLMON_TRY_ASSIGN(plan.name, text(node, name));
            } else if (name == "title") {
                CELLMON_TRY_ASSIGN(plan.title, text(node, name));
            } else if (name == "title_ja") {
                CELLMON_TRY_ASSIGN(plan.title_ja, text(node, name));
            } else if (name == "students") {
                // Phases may have narrower bounds.
                CELLMON_TRY(number_in(node, name, 1, kMostStudents));
            } else if (name == "generator") {
                CELLMON_TRY(read_generator(node, plan.generator));
            } else if (name == "phase") {
                CELLMON_TRY(read_phases(node, plan.phases));
            } else if (name == "leave_out") {
                return wrong(node, name, "goes with extends");
            } else {
                return wrong(node, name,
                             "is unknown; a plan has name, title, title_ja, extends, leave_out, "
                             "students, generator and [[phase]]");
            }
        }
        if (plan.name.empty()) return missing(table, "name");
        if (plan.phases.empty()) return missing(table, "phase");
        return plan;
    }

  private:
    [[nodiscard]] tl::unexpected<Error> wrong(const toml::node& node, std::string_view key,
                                              std::string_view reason) const {
        return fail(ErrorCode::invalid,
                    fmt::format("{}: {} {}", place_of(node), place(key), reason));
    }
    [[nodiscard]] tl::unexpected<Error> missing(const toml::node& node,
                                                std::string_view key) const {
        return wrong(node, key, "is missing");
    }
    /// With the phase that is read now.
    [[nodiscard]] std::string place(std::string_view key) const {
        return phase_.empty() ? std::string(key) : fmt::format("{} of phase {}", key, phase_);
    }

    Result<std::string> text(const toml::node& node, std::string_view key) const {
        const auto* value = node.as_string();
        if (value == nullptr) return wrong(node, key, "must be a text");
        if (value->get().empty()) return wrong(node, key, "must not be empty");
        return value->get();
    }

    Result<double> number(const toml::node& node, std::string_view key) const {
        const auto value = node.value<double>();
        if (!node.is_number() || !value || !std::isfinite(*value))
            return wrong(node, key, "must be a number");
        return *value;
    }

    Result<double> number_in(const toml::node& node, std::string_view key, double least,
                             double most) const {
        CELLMON_TRY_ASSIGN(const double value, number(node, key));
        if (value < least || value > most)
            return wrong(node, key,
                         fmt::format("is {:g}, and must be {:g} to {:g}", value, least, most));
        return value;
    }

    Result<const toml::table*> table_of(const toml::node& node, std::string_view key) const {
        const auto* table = node.as_table();
        if (table == nullptr) return wrong(node, key, "must be a table");
        return table;
    }

    /// Tables written as [[key]].
    Result<const toml::array*> tables(const toml::node& node, std::string_view key,
                                      std::size_t most) const {
        const auto* array = node.as_array();
        if (array == nullptr || (!array->empty() && !array->is_array_of_tables()))
            return wrong(node, key, fmt::format("must be written as [[{}]]", key));
        if (array->size() > most)
            return wrong(node, key, fmt::format("is there more than {} times", most));
        return array;
    }

    Result<void> read_generator(const toml::node& node, GeneratorLimits& limits) const {
        CELLMON_TRY_ASSIGN(const auto* table, table_of(node, "generator"));
        for (const auto& [key, value] : *table) {
            if (key.str() == "lag_ms") {
                CELLMON_TRY_ASSIGN(limits.lag_ms, number_in(value, key.str(), 0.01, 60'000));
            } else if (key.str() == "cpu_percent") {
                CELLMON_TRY_ASSIGN(limits.cpu_percent, number_in(value, key.str(), 1, 100));
            } else {
                return wrong(value, key.str(), "is unknown; generator has lag_ms and cpu_percent");
            }
        }
        return {};
    }

    Result<void> read_phases(const toml::node& node, std::vector<Phase>& phases) {
        CELLMON_TRY_ASSIGN(const auto* array, tables(node, "phase", kMostPhases));
        std::set<std::string> ids;
        for (const auto& one : *array) {
            phase_.clear();
            CELLMON_TRY_ASSIGN(Phase phase, read_phase(*one.as_table()));
            if (!ids.insert(phase.id).second)
                return wrong(one, "id", "is that of an earlier phase, too");
            phases.push_back(std::move(phase));
        }
        phase_.clear();
        return {};
    }

    Result<Phase> read_phase(const toml::table& table) {
        Phase phase;
        if (const auto* id = table.get("id"); id != nullptr) {
            CELLMON_TRY_ASSIGN(phase.id, text(*id, "id"));
            if (phase.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") !=
                std::string::npos) {
                return wrong(*id, "id", "has small letters, digits, and .-_ alone");
            }
        } else {
            return missing(table, "id");
        }
        phase_ = phase.id;
        CELLMON_TRY(read_kind(table, phase));
        for (const ParameterInfo& parameter : phase.kind->parameters)
            phase.values.emplace(parameter.name, parameter.standard);
        for (const CriterionInfo& criterion : phase.kind->criteria)
            phase.limits.emplace(criterion.name, criterion.standard);
        for (const auto& [key, node] : table)
            CELLMON_TRY(read_member(key.str(), node, phase));
        const bool has_students = phase.kind->parameter("students") != nullptr;
        if (students_ != nullptr && has_students && !table.contains("students"))
            CELLMON_TRY(read_value("students", *students_, phase));
        if (phase.name.empty()) return missing(table, "name");
        if (const auto* quick = table.get("quick"); quick != nullptr)
            CELLMON_TRY(read_quick(*quick, phase));
        if (phase.kind->takes_steps && phase.steps.empty()) return missing(table, "steps");
        if (phase.kind->takes_faults && phase.faults.empty()) return missing(table, "fault");
        CELLMON_TRY(check_faults(table, phase));
        return phase;
    }

    Result<void> read_kind(const toml::table& table, Phase& phase) const {
        const auto* kind = table.get("kind");
        if (kind == nullptr) return missing(table, "kind");
        CELLMON_TRY_ASSIGN(const std::string name, text(*kind, "kind"));
        phase.kind = kind_named(name);
        if (phase.kind != nullptr) return {};
        std::vector<std::string_view> names;
        std::transform(kinds().begin(), kinds().end(), std::back_inserter(names),
                       [](const KindInfo& one) { return one.name; });
        return wrong(*kind, "kind",
                     fmt::format("\"{}\" is none of {}", name, fmt::join(names, ", ")));
    }

    Result<void> read_member(std::string_view key, const toml::node& node, Phase& phase) {
        // `quick` comes when all else is known.
        if (key == "id" || key == "kind" || key == "quick") return {};
        if (key == "name") {
            CELLMON_TRY_ASSIGN(phase.name, text(node, key));
        } else if (key == "name_ja") {
            CELLMON_TRY_ASSIGN(phase.name_ja, text(node, key));
        } else if (key == "limits") {
            CELLMON_TRY(read_limits(node, phase));
        } else if (key == "fault" && phase.kind->takes_faults) {
            CELLMON_TRY(read_faults(node, phase));
        } else if (key == "steps" && phase.kind->takes_steps) {
            CELLMON_TRY_ASSIGN(phase.steps, steps(node));
        } else {
            CELLMON_TRY(read_value(key, node, phase));
        }
        return {};
    }

    Result<void> read_value(std::string_view key, const toml::node& node, Phase& phase) const {
        const ParameterInfo* const info = phase.kind->parameter(key);
        if (info == nullptr) {
            std::vector<std::string_view> names;
            std::transform(phase.kind->parameters.begin(), phase.kind->parameters.end(),
                           std::back_inserter(names),
                           [](const ParameterInfo& one) { return one.name; });
            return wrong(node, key,
                         fmt::format("is unknown; a phase of kind {} has {}", phase.kind->name,
                                     fmt::join(names, ", ")));
        }
        CELLMON_TRY_ASSIGN(const double value, number_in(node, key, info->least, info->most));
        if (info->whole && value != std::floor(value))
            return wrong(node, key, "must be a whole number");
        phase.values.insert_or_assign(std::string(key), value);
        return {};
    }

    Result<void> read_limits(const toml::node& node, Phase& phase) const {
        CELLMON_TRY_ASSIGN(const auto* table, table_of(node, "limits"));
        for (const auto& [key, value] : *table) {
            if (phase.kind->criterion(key.str()) == nullptr) {
                std::vector<std::string_view> names;
                std::transform(phase.kind->criteria.begin(), phase.kind->criteria.end(),
                               std::back_inserter(names),
                               [](const CriterionInfo& one) { return one.name; });
                return wrong(value, key.str(),
                             fmt::format("is unknown; the criteria of kind {} are {}",
                                         phase.kind->name, fmt::join(names, ", ")));
            }
            CELLMON_TRY_ASSIGN(const double limit, number_in(value, key.str(), 0, 1e12));
            phase.limits.insert_or_assign(std::string(key.str()), limit);
        }
        return {};
    }

    Result<std::vector<double>> steps(const toml::node& node) const {
        const auto* array = node.as_array();
        if (array == nullptr || array->empty() || array->size() > kMostSteps)
            return wrong(node, "steps",
                         fmt::format("must be a list of 1 to {} numbers of students", kMostSteps));
        std::vector<double> steps;
        for (const auto& one : *array) {
            CELLMON_TRY_ASSIGN(const double step, number_in(one, "steps", 1, kMostStudents));
            if (step != std::floor(step)) return wrong(one, "steps", "has whole numbers");
            steps.push_back(step);
        }
        return steps;
    }

    Result<void> read_faults(const toml::node& node, Phase& phase) const {
        CELLMON_TRY_ASSIGN(const auto* array, tables(node, "fault", kMostFaults));
        for (const auto& one : *array) {
            CELLMON_TRY_ASSIGN(PlannedFault fault, read_fault(*one.as_table()));
            phase.faults.push_back(std::move(fault));
        }
        return {};
    }

    Result<PlannedFault> read_fault(const toml::table& table) const {
        PlannedFault fault;
        for (const auto& [key, node] : table) {
            const std::string_view name = key.str();
            if (name == "kind") {
                CELLMON_TRY_ASSIGN(fault.kind, text(node, "fault.kind"));
                if (fault_kind(fault.kind) == nullptr)
                    return wrong(
                        node, "fault.kind",
                        fmt::format("\"{}\" is none of {}", fault.kind, names_of_fault_kinds()));
            } else if (name == "target") {
                CELLMON_TRY_ASSIGN(fault.target, text(node, "fault.target"));
                const auto& targets = fault_targets();
                if (std::find(targets.begin(), targets.end(), fault.target) == targets.end())
                    return wrong(node, "fault.target",
                                 fmt::format("\"{}\" is none of {}", fault.target,
                                             fmt::join(targets, ", ")));
            } else if (name == "at_s") {
                CELLMON_TRY_ASSIGN(fault.at_s, number_in(node, "fault.at_s", 0, 172'800));
            } else if (name == "for_s") {
                CELLMON_TRY_ASSIGN(fault.for_s, number_in(node, "fault.for_s", 0, 172'800));
            } else if (name == "quick") {
                if (quick_) continue;
                PlannedFault unused;
                CELLMON_TRY(read_quick_fault(node, unused));
            } else {
                CELLMON_TRY_ASSIGN(const double value, number(node, name));
                fault.values.emplace(name, value);
            }
        }
        if (fault.kind.empty()) return missing(table, "fault.kind");
        if (fault.target.empty()) return missing(table, "fault.target");
        if (const auto* quick = table.get("quick"); quick != nullptr && quick_)
            CELLMON_TRY(read_quick_fault(*quick, fault));
        // The action knows which values it has.
        if (const auto checked = chaos::check(fault.begin()); !checked)
            return wrong(table, "fault", checked.error().message);
        return fault;
    }

    Result<void> read_quick_fault(const toml::node& node, PlannedFault& fault) const {
        CELLMON_TRY_ASSIGN(const auto* table, table_of(node, "fault.quick"));
        for (const auto& [key, value] : *table) {
            if (key.str() == "at_s") {
                CELLMON_TRY_ASSIGN(fault.at_s, number_in(value, "fault.quick.at_s", 0, 172'800));
            } else if (key.str() == "for_s") {
                CELLMON_TRY_ASSIGN(fault.for_s, number_in(value, "fault.quick.for_s", 0, 172'800));
            } else {
                return wrong(value, key.str(), "is unknown; quick of a fault has at_s and for_s");
            }
        }
        return {};
    }

    /// What is said under `quick` is looked at in both lengths.
    Result<void> read_quick(const toml::node& node, Phase& phase) const {
        CELLMON_TRY_ASSIGN(const auto* table, table_of(node, "quick"));
        Phase quick = phase;
        for (const auto& [key, value] : *table) {
            if (key.str() == "steps" && phase.kind->takes_steps) {
                CELLMON_TRY_ASSIGN(quick.steps, steps(value));
            } else if (key.str() == "limits") {
                return wrong(value, key.str(), "are the same in both lengths");
            } else {
                CELLMON_TRY(read_value(key.str(), value, quick));
            }
        }
        if (quick_) phase = std::move(quick);
        return {};
    }

    Result<void> check_faults(const toml::table& table, const Phase& phase) const {
        if (phase.faults.empty()) return {};
        const double seconds = phase.value("seconds");
        for (const PlannedFault& fault : phase.faults) {
            if (fault.at_s + fault.for_s < seconds) continue;
            return wrong(table, "fault",
                         fmt::format("{} of {} would end after {:g} s, and the load after {:g} s",
                                     fault.kind, fault.target, fault.at_s + fault.for_s, seconds));
        }
        return {};
    }

    const bool quick_;
    const toml::node* students_ = nullptr;  ///< Of all phases that say none themselves.
    std::string phase_;                     ///< The id of the one that is read.
};

}  // namespace

Result<Plan> read_plan(std::string_view toml, std::string_view file, bool quick) {
    try {
        toml::table table = toml::parse(toml, file);
        CELLMON_TRY(fill_from_base(table));
        return PlanReader(quick).read(table);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::invalid,
                    fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
    }
}

Result<Plan> load_plan(const std::string& name_or_path, bool quick) {
    const auto& plans = builtin_plans();
    const auto found = std::find_if(plans.begin(), plans.end(), [&](const BuiltinPlan& one) {
        return one.name == name_or_path;
    });
    if (found != plans.end())
        return read_plan(found->toml, fmt::format("{}.toml", found->name), quick);
    std::ifstream file(name_or_path, std::ios::binary);
    if (!file || std::filesystem::is_directory(name_or_path)) {
        return fail(
            ErrorCode::not_found,
            fmt::format("{} is neither a plan of the program (cellmon plan list) nor a file "
                        "that can be read",
                        name_or_path));
    }
    const std::string toml(std::istreambuf_iterator<char>(file), {});
    return read_plan(toml, name_or_path, quick);
}

}  // namespace cellmon::harness::plan
