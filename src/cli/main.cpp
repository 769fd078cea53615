#include <csignal>
#include <string_view>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "image/converter.hpp"

namespace {

constexpr const char* kFooter = R"(Examples:
  cellmon serve --data ./data --listen 127.0.0.1:8000
  cellmon simulate --server http://127.0.0.1:8000 --students 100 --minutes 10 --speed 10
  cellmon load --url http://127.0.0.1:8000 --rate 1000 --duration 60
  cellmon load websocket --clients 100 --seconds 60 --follow live
  cellmon monitor --server http://127.0.0.1:8000
  cellmon plan compare runs/before runs/after
  cellmon plan run 100-students --quick --out runs/today
  cellmon chaos --pid server=1234 --at 30:stop:server --at 60:continue:server
  cellmon audit --data ./data --ledger class.ndjson
  cellmon journal verify --data ./data
  cellmon backup --data ./data --to /backups/cellmon
  cellmon restore --from /backups/cellmon --data ./data
  cellmon admin create-instructor --data ./data --email sensei@example.com --name 先生 --role admin
  cellmon student erase taro@example.com --data ./data
  source <(cellmon completion bash)
  cellmon --help-all

Exit status: 0 ok · 1 a promise does not hold · 2 wrong arguments · 3 the machine does not let it · 4 the server stopped by itself
· 5 a measurement is not valid · 6 the monitor has seen what is critical
Colours are for terminals only, and never with NO_COLOR set.)";

struct Command {
    std::string_view name;
    void (*add)(CLI::App& app, int& exit_code);
};

constexpr Command kCommands[] = {
    {"serve", cellmon::cli::add_serve},
    {"journal", cellmon::cli::add_journal},
    {"rebuild", cellmon::cli::add_rebuild},
    {"backup", cellmon::cli::add_backup},
    {"restore", cellmon::cli::add_restore},
    {"admin", cellmon::cli::add_admin},
    {"export", cellmon::cli::add_export},
    {"student", cellmon::cli::add_student},
    {"simulate", cellmon::cli::add_simulate},
    {"load", cellmon::cli::add_load},
    {"monitor", cellmon::cli::add_monitor},
    {"chaos", cellmon::cli::add_chaos},
    {"plan", cellmon::cli::add_plan},
    {"audit", cellmon::cli::add_audit},
    {"completion", cellmon::cli::add_completion},
};

// Making all options of all commands takes longer than many a command runs, so only those of the
// one asked for are made; all of them for the help, for completion, and where it is none of them.
void add_commands(CLI::App& app, std::string_view asked, int& exit_code) {
    for (const Command& command : kCommands) {
        if (command.name == asked && asked != "completion") return command.add(app, exit_code);
    }
    for (const Command& command : kCommands)
        command.add(app, exit_code);
}

}  // namespace

int main(int argc, char** argv) {
    // What the server starts for each image it is sent; no command for people.
    if (argc == 2 && argv[1] == cellmon::image::kConverterArgument) {
        return cellmon::image::run_converter();
    }
    // A peer or a pipe that goes away is an error of one write, not of the process.
    std::signal(SIGPIPE, SIG_IGN);
    CLI::App app("Cell Monitor: what a class does in its notebooks, stored once and shown live",
                 "cellmon");
    app.set_version_flag("--version", "cellmon " CELLMON_VERSION);
    app.set_help_all_flag("--help-all", "Help of all subcommands");
    app.require_subcommand(1);
    app.footer(kFooter);
    int exit_code = cellmon::cli::kExitOk;
    add_commands(app, argc > 1 ? argv[1] : std::string_view(), exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int parsed = app.exit(error);
        return parsed == 0 ? cellmon::cli::kExitOk : cellmon::cli::kExitUsage;
    }
    return exit_code;
}
