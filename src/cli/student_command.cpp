#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/student_subcommands.hpp"

namespace cellmon::cli {

void add_student(CLI::App& app, int& exit_code) {
    CLI::App* parent = app.add_subcommand("student", "What is stored of one person");
    parent->require_subcommand(1);
    add_student_erase(*parent, exit_code);
    add_student_search(*parent, exit_code);
    add_student_export(*parent, exit_code);
}

}  // namespace cellmon::cli
