#pragma once

namespace CLI {
class App;
}

namespace cellmon::cli {

/// Each mounts one subcommand; when it is chosen, it runs during parsing and leaves its exit status
/// in `exit_code`.
void add_serve(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);
void add_load(CLI::App& app, int& exit_code);
void add_monitor(CLI::App& app, int& exit_code);
void add_chaos(CLI::App& app, int& exit_code);
void add_plan(CLI::App& app, int& exit_code);
void add_audit(CLI::App& app, int& exit_code);
void add_journal(CLI::App& app, int& exit_code);
void add_rebuild(CLI::App& app, int& exit_code);
void add_backup(CLI::App& app, int& exit_code);
void add_restore(CLI::App& app, int& exit_code);
void add_admin(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_student(CLI::App& app, int& exit_code);

/// Describes the commands that `app` has when it runs; `app` must outlive the parsing.
void add_completion(CLI::App& app, int& exit_code);

}  // namespace cellmon::cli
