#pragma once

#include <string>

namespace CLI {
class App;
}

namespace cellmon::cli {

// Scripts that complete the commands and options of a program in a shell, made from what CLI11
// knows of them: subcommands, long flags, which of them take a value, and of these the choices
// (a type name like `{text,json}`). Other values are completed as file names.

[[nodiscard]] std::string bash_completion(const CLI::App& program);
[[nodiscard]] std::string zsh_completion(const CLI::App& program);
[[nodiscard]] std::string fish_completion(const CLI::App& program);

}  // namespace cellmon::cli
