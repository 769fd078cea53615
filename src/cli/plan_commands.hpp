#pragma once

namespace CLI {
class App;
}

namespace cellmon::cli {

/// `cellmon plan compare`, `plan trend` and `plan report`; as the functions of `commands.hpp`.
void add_plan_compare(CLI::App& parent, int& exit_code);
void add_plan_trend(CLI::App& parent, int& exit_code);
void add_plan_report(CLI::App& parent, int& exit_code);

}  // namespace cellmon::cli
