#pragma once

#include <memory>

#include <CLI/CLI.hpp>

#include "base/result.hpp"
#include "cli/admin_parts.hpp"

namespace cellmon::cli {

/// A command of `cellmon admin` with what they all have: `--data`, and `run`, whose result becomes
/// the exit status.
template <typename Options>
CLI::App* add_admin_subcommand(CLI::App& parent, const char* name, const char* description,
                               std::shared_ptr<Options> options, Result<int> (*run)(const Options&),
                               int& exit_code) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->add_option("--data", options->data, "The server's data folder")->capture_default_str();
    command->callback([options, &exit_code, run] {
        const auto done = run(*options);
        exit_code = done ? *done : report_admin(done.error());
    });
    return command;
}

}  // namespace cellmon::cli
