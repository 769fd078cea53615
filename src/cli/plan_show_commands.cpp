#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/plan_run_commands.hpp"
#include "harness/plan/builtin_plans.hpp"
#include "harness/plan/plan_text.hpp"

namespace cellmon::cli {
namespace {

using namespace harness;  // NOLINT: the commands are written in the words of the test system

struct PlanShowOptions {
    std::string plan = "100-students";
    std::vector<std::string> plans;
    bool quick = false;
    bool json = false;
};

int complain_of_plan(const char* command, const Error& error) {
    std::cerr << "cellmon plan " << command << ": " << error.message << '\n';
    return kExitUsage;
}

int list_plans(const PlanShowOptions& options) {
    std::string json;
    for (const auto& builtin : plan::builtin_plans()) {
        const auto read = plan::read_plan(builtin.toml, builtin.name, false);
        if (!read) return complain_of_plan("list", read.error());
        if (options.json) {
            json += (json.empty() ? "" : ",") + plan::json_of(*read);
        } else {
            std::cout << fmt::format("{}  {} phases\n  {}\n  {}\n", read->name, read->phases.size(),
                                     read->title_ja, read->title);
        }
    }
    if (options.json) std::cout << '[' << json << "]\n";
    return kExitOk;
}

int show_plan(const PlanShowOptions& options) {
    const auto read = plan::load_plan(options.plan, options.quick);
    if (!read) return complain_of_plan("show", read.error());
    std::cout << (options.json ? plan::json_of(*read) + "\n" : plan::text_of(*read));
    return kExitOk;
}

int validate_plan(const PlanShowOptions& options) {
    int status = kExitOk;
    for (const std::string& path : options.plans) {
        // Both lengths: what stands under `quick` may be wrong by itself.
        auto read = plan::load_plan(path, false);
        if (read) read = plan::load_plan(path, true);
        if (read) {
            std::cout << fmt::format("{}: good, {} phases\n", path, read->phases.size());
        } else {
            status = complain_of_plan("validate", read.error());
        }
    }
    return status;
}

}  // namespace

void add_plan_list(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanShowOptions>();
    CLI::App* command = parent.add_subcommand("list", "List the plans that the program has");
    command->footer(R"(Examples:
  cellmon plan list
  cellmon plan list --json

Exit status: 0)");
    command->add_flag("--json", options->json, "Print them as JSON");
    command->callback([options, &exit_code] { exit_code = list_plans(*options); });
}

void add_plan_show(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanShowOptions>();
    CLI::App* command =
        parent.add_subcommand("show", "Show a plan: phases, sizes, faults and limits");
    command->footer(R"(Examples:
  cellmon plan show 100-students
  cellmon plan show 100-students --quick
  cellmon plan show 300-students
  cellmon plan show my-plan.toml --json

Exit status: 0 · 2 no such plan, or it is wrong)");
    command->add_option("plan", options->plan, "Name of a plan of the program, or a file")
        ->capture_default_str();
    command->add_flag("--quick", options->quick, "With the sizes of a quick run");
    command->add_flag("--json", options->json, "Print it as JSON");
    command->callback([options, &exit_code] { exit_code = show_plan(*options); });
}

void add_plan_validate(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanShowOptions>();
    CLI::App* command = parent.add_subcommand("validate", "Look whether plans are good, strictly");
    command->footer(R"(Examples:
  cellmon plan validate my-plan.toml

What is wrong is named by file, line, key and reason.
Exit status: 0 all are good · 2 one is wrong, or cannot be read)");
    command->add_option("plans", options->plans, "Files, or names of plans of the program")
        ->required();
    command->callback([options, &exit_code] { exit_code = validate_plan(*options); });
}

}  // namespace cellmon::cli
