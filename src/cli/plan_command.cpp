#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_run_commands.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kPlanFooter = R"(Examples:
  cellmon plan list
  cellmon plan show 100-students
  cellmon plan run 100-students --quick --out runs/today
  cellmon plan run 100-students --profile stores --quick --out runs/stores
  cellmon plan run 100-students --target my-server.toml --quick --out runs/theirs
  cellmon plan compare runs/before runs/after
  cellmon plan trend runs
  cellmon plan report runs/after)";

}  // namespace

void add_plan(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand(
        "plan", "Play a whole test plan against server and stores; what its runs have come to");
    command->footer(kPlanFooter);
    command->require_subcommand(1);
    add_plan_list(*command, exit_code);
    add_plan_show(*command, exit_code);
    add_plan_validate(*command, exit_code);
    add_plan_run(*command, exit_code);
    add_plan_target(*command, exit_code);
    add_plan_compare(*command, exit_code);
    add_plan_trend(*command, exit_code);
    add_plan_report(*command, exit_code);
}

}  // namespace cellmon::cli
