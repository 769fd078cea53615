#include "cli/completion.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace cellmon::cli {
namespace {

using Out = std::back_insert_iterator<std::string>;

struct Word {
    std::string name;
    std::string description;
};

struct Flag {
    std::string name;  ///< With its dashes.
    std::string description;
    bool takes_value = false;
    std::string choices;  ///< Separated by blanks; empty: any value.
};

struct Command {
    std::string at;  ///< ` journal verify`: a blank before each word; empty for the program itself.
    std::vector<Word> subcommands;
    std::vector<Flag> flags;
};

/// The words between the braces of a type name.
std::string choices_of(const std::string& type_name) {
    const auto from = type_name.find('{');
    const auto to = type_name.find('}');
    if (from == std::string::npos || to == std::string::npos || to < from) return {};
    std::string words = type_name.substr(from + 1, to - from - 1);
    std::replace(words.begin(), words.end(), ',', ' ');
    return words;
}

std::string first_line(std::string text) {
    text.resize(std::min(text.find('\n'), text.size()));
    return text;
}

void collect(const CLI::App& app, const std::string& at, std::vector<Command>& commands) {
    Command command;
    command.at = at;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        for (const std::string& name : option->get_lnames()) {
            command.flags.push_back({"--" + name, first_line(option->get_description()),
                                     option->get_items_expected_max() > 0,
                                     choices_of(option->get_type_name())});
        }
    }
    const auto named = [](const CLI::App* one) { return !one->get_name().empty(); };
    const auto below = app.get_subcommands(named);
    for (const CLI::App* one : below)
        command.subcommands.push_back({one->get_name(), first_line(one->get_description())});
    commands.push_back(std::move(command));
    for (const CLI::App* one : below)
        collect(*one, at + ' ' + one->get_name(), commands);
}

std::vector<Command> commands_of(const CLI::App& program) {
    std::vector<Command> commands;
    collect(program, "", commands);
    return commands;
}

/// In single quotes for bash and zsh.
std::string shell_quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'') {
            result += R"('\'')";
        } else {
            result += c;
        }
    }
    return result + '\'';
}

std::string fish_quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') result += '\\';
        result += c;
    }
    return result + '\'';
}

/// A `name:description` of zsh's _describe, where a colon in the name must be escaped; ours have
/// none.
std::string described(std::string_view name, std::string_view description) {
    return shell_quoted(fmt::format("{}:{}", name, description));
}

/// The patterns of a `case` that takes one more word of the command line: ` journal verify`.
std::string command_patterns(const std::vector<Command>& commands, std::string_view separator) {
    std::string patterns;
    for (const Command& command : commands) {
        if (command.at.empty()) continue;
        if (!patterns.empty()) patterns += separator;
        patterns += shell_quoted(command.at);
    }
    return patterns;
}

/// A `case` branch for each flag that takes a value, with what `choices` and `files` make of it.
std::string value_branches(const std::vector<Command>& commands,
                           const std::function<std::string(const std::string&)>& choices,
                           std::string_view files) {
    std::string branches;
    for (const Command& command : commands) {
        for (const Flag& flag : command.flags) {
            if (!flag.takes_value) continue;
            fmt::format_to(Out(branches), "        {}) {}; return;;\n",
                           shell_quoted(command.at + ' ' + flag.name),
                           flag.choices.empty() ? std::string(files) : choices(flag.choices));
        }
    }
    return branches;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
    const std::vector<Command> commands = commands_of(program);
    std::string words;
    for (const Command& command : commands) {
        std::string list;
        for (const Word& word : command.subcommands)
            list += word.name + ' ';
        for (const Flag& flag : command.flags)
            list += flag.name + ' ';
        fmt::format_to(Out(words), "        {}) words={};;\n", shell_quoted(command.at),
                       shell_quoted(list));
    }
    return fmt::format(
        R"(_{0}() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} at='' words='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$at ${{COMP_WORDS[i]}}" in
        {1}) at="$at ${{COMP_WORDS[i]}}";;
        esac
    done
    case "$at ${{COMP_WORDS[COMP_CWORD - 1]}}" in
{2}    esac
    case "$at" in
{3}    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -F _{0} {0}
)",
        program.get_name(), command_patterns(commands, "|"),
        value_branches(
            commands,
            [](const std::string& choices) {
                return fmt::format("COMPREPLY=($(compgen -W {} -- \"$word\"))",
                                   shell_quoted(choices));
            },
            "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"),
        words);
}

std::string zsh_completion(const CLI::App& program) {
    const std::vector<Command> commands = commands_of(program);
    std::string lists;
    for (const Command& command : commands) {
        std::string subcommands;
        for (const Word& word : command.subcommands)
            subcommands += ' ' + described(word.name, word.description);
        std::string flags;
        for (const Flag& flag : command.flags)
            flags += ' ' + described(flag.name, flag.description);
        fmt::format_to(Out(lists),
                       "        {})\n            commands=({} )\n            flags=({} );;\n",
                       shell_quoted(command.at), subcommands, flags);
    }
    return fmt::format(
        R"(#compdef {0}
_{0}() {{
    local at='' word
    local -a commands flags
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "$at $word" in
        {1}) at="$at $word";;
        esac
    done
    case "$at ${{words[CURRENT-1]}}" in
{2}    esac
    case "$at" in
{3}    esac
    (( $#commands )) && _describe command commands
    _describe flag flags
}}
compdef _{0} {0}
)",
        program.get_name(), command_patterns(commands, "|"),
        value_branches(
            commands, [](const std::string& choices) { return "compadd -- " + choices; }, "_files"),
        lists);
}

std::string fish_completion(const CLI::App& program) {
    const std::vector<Command> commands = commands_of(program);
    const std::string& name = program.get_name();
    std::string lines;
    for (const Command& command : commands) {
        const std::string front =
            fmt::format("complete -c {0} -n {1}", name,
                        fish_quoted(fmt::format("__{}_at '{}'", name, command.at)));
        for (const Word& word : command.subcommands) {
            fmt::format_to(Out(lines), "{} -a {} -d {}\n", front, word.name,
                           fish_quoted(word.description));
        }
        for (const Flag& flag : command.flags) {
            std::string value;
            if (flag.takes_value) {
                value = flag.choices.empty() ? " -r -F" : " -x -a " + fish_quoted(flag.choices);
            }
            fmt::format_to(Out(lines), "{} -l {}{} -d {}\n", front, flag.name.substr(2), value,
                           fish_quoted(flag.description));
        }
    }
    return fmt::format(R"(function __{0}_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case {1}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
complete -c {0} -f
{2})",
                       name, command_patterns(commands, " "), lines);
}

}  // namespace cellmon::cli
