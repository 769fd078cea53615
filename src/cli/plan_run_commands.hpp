#pragma once

namespace CLI {
class App;
}

namespace cellmon::cli {

/// `cellmon plan list`, `plan show`, `plan validate`, `plan run` and `plan target`; as the
/// functions of `commands.hpp`.
void add_plan_list(CLI::App& parent, int& exit_code);
void add_plan_show(CLI::App& parent, int& exit_code);
void add_plan_validate(CLI::App& parent, int& exit_code);
void add_plan_run(CLI::App& parent, int& exit_code);
void add_plan_target(CLI::App& parent, int& exit_code);

}  // namespace cellmon::cli
