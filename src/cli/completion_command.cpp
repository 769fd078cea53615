#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/exit_code.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kCompletionFooter = R"(Examples:
  source <(cellmon completion bash)
  cellmon completion zsh > "${fpath[1]}/_cellmon"
  cellmon completion fish > ~/.config/fish/completions/cellmon.fish

Exit status: 0 ok · 2 wrong arguments)";

}  // namespace

void add_completion(CLI::App& app, int& exit_code) {
    CLI::App* parent = app.add_subcommand("completion", "Print a script that completes commands");
    parent->require_subcommand(1);
    parent->footer(kCompletionFooter);
    const auto add = [&](const char* shell, std::string (*script)(const CLI::App&)) {
        CLI::App* command = parent->add_subcommand(shell, fmt::format("The script for {}", shell));
        command->callback([&app, &exit_code, script] {
            fmt::print("{}", script(app));
            exit_code = kExitOk;
        });
    };
    add("bash", bash_completion);
    add("zsh", zsh_completion);
    add("fish", fish_completion);
}

}  // namespace cellmon::cli
