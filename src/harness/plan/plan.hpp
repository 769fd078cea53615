#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "harness/chaos/timeline.hpp"
#include "harness/plan/kinds.hpp"

namespace cellmon::harness::plan {

using Numbers = std::map<std::string, double, std::less<>>;

/// Something that is done to a part of the system under test, and undone.
struct PlannedFault {
    std::string kind;    ///< `kill`, `stop`, `restart`, `refuse`, `cut`, `hang`, `slow`,
                         ///< `disk_full`, `clock_step`.
    std::string target;  ///< `server`, `postgresql`, `influxdb`, `redis`.
    double at_s = 0;     ///< From the start of the load.
    double for_s = 0;    ///< Until it is undone.
    Numbers values;      ///< Of the action, as chaos::Step has them.

    /// What is done, and what undoes it.
    [[nodiscard]] chaos::Step begin() const;
    [[nodiscard]] chaos::Step end() const;
};

/// The parts that faults may name.
[[nodiscard]] const std::vector<std::string_view>& fault_targets();
/// nullopt: there is no such kind of fault.
struct FaultKind {
    std::string_view name;
    chaos::Action begin;
    chaos::Action end;
};
[[nodiscard]] const FaultKind* fault_kind(std::string_view name);
[[nodiscard]] std::string names_of_fault_kinds();

struct Phase {
    std::string id;  ///< "2.1".
    std::string name;
    std::string name_ja;
    const KindInfo* kind = nullptr;
    Numbers values;  ///< Each parameter of the kind.
    Numbers limits;  ///< Each criterion of the kind.
    std::vector<double> steps;
    std::vector<PlannedFault> faults;

    [[nodiscard]] double value(std::string_view parameter) const;
    [[nodiscard]] std::uint32_t whole(std::string_view parameter) const {
        return static_cast<std::uint32_t>(value(parameter));
    }
};

/// When a run is not valid, because its generator measured itself.
struct GeneratorLimits {
    double lag_ms = 50;       ///< 99 % of the requests were turned to within it.
    double cpu_percent = 80;  ///< Of a core, by the sending thread.
};

struct Plan {
    std::string name;
    std::string title;
    std::string title_ja;
    GeneratorLimits generator;
    std::vector<Phase> phases;
};

/// Reads a plan, on top of the program's plan that it `extends`. `quick` takes what its phases say
/// under `quick` in place of their full size.
/// ErrorCode::invalid with file, line, key and reason: for an unknown key, a wrong type, a number
/// out of its bounds, a name that is there twice, a fault that would not end within its load.
Result<Plan> read_plan(std::string_view toml, std::string_view file, bool quick);

/// One that belongs to the program, by its name, or a file, by its path. ErrorCode::not_found when
/// it is neither.
Result<Plan> load_plan(const std::string& name_or_path, bool quick);

}  // namespace cellmon::harness::plan
