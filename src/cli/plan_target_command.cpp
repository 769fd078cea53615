#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/plan_run_commands.hpp"
#include "harness/peer/builtin_targets.hpp"
#include "harness/peer/target_profile.hpp"

namespace cellmon::cli {
namespace {

using namespace harness;  // NOLINT: the commands are written in the words of the test system

struct PlanTargetOptions {
    std::string target;
    std::vector<std::string> targets;
    bool json = false;
    bool toml = false;
};

int complain_of_target(const char* command, const Error& error) {
    std::cerr << "cellmon plan target " << command << ": " << error.message << '\n';
    return kExitUsage;
}

int list_targets(const PlanTargetOptions& options) {
    std::string json;
    for (const auto& builtin : peer::builtin_targets()) {
        const auto read = peer::load_target(std::string(builtin.name));
        if (!read) return complain_of_target("list", read.error());
        if (options.json) {
            json += (json.empty() ? "" : ",") + peer::json_of(*read);
        } else {
            std::cout << fmt::format("{}\n  {}\n  {}\n", read->name, read->title_ja, read->title);
        }
    }
    if (options.json) std::cout << '[' << json << "]\n";
    return kExitOk;
}

/// As it was written, with its comments.
std::string toml_of(const std::string& name_or_path) {
    for (const auto& builtin : peer::builtin_targets()) {
        if (builtin.name == name_or_path) return std::string(builtin.toml);
    }
    std::ifstream file(name_or_path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

int show_target(const PlanTargetOptions& options) {
    const auto read = peer::load_target(options.target);
    if (!read) return complain_of_target("show", read.error());
    if (options.toml) {
        std::cout << toml_of(options.target);
    } else {
        std::cout << (options.json ? peer::json_of(*read) + "\n" : peer::text_of(*read));
    }
    return kExitOk;
}

int validate_targets(const PlanTargetOptions& options) {
    int status = kExitOk;
    for (const std::string& path : options.targets) {
        const auto read = peer::load_target(path);
        if (read) {
            std::cout << fmt::format("{}: good, {}\n", path, read->name);
        } else {
            status = complain_of_target("validate", read.error());
        }
    }
    return status;
}

void add_target_list(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanTargetOptions>();
    CLI::App* command =
        parent.add_subcommand("list", "List the target profiles that the program has");
    command->footer(R"(Examples:
  cellmon plan target list
  cellmon plan target list --json

Exit status: 0)");
    command->add_flag("--json", options->json, "Print them as JSON");
    command->callback([options, &exit_code] { exit_code = list_targets(*options); });
}

void add_target_show(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanTargetOptions>();
    CLI::App* command = parent.add_subcommand(
        "show", "Show a target profile: how a server is started, sent to and looked into");
    command->footer(R"(Examples:
  cellmon plan target show my-server.toml
  a profile of one's own begins as a copy:
    cellmon plan target show generic --toml > my-server.toml

Values of headers are not shown, but for --toml. Exit status: 0 · 2 no such profile, or it is wrong)");
    command
        ->add_option("target", options->target,
                     "Name of a target profile of the program, or a file")
        ->required();
    auto* json = command->add_flag("--json", options->json, "Print it as JSON");
    command->add_flag("--toml", options->toml, "Print it as it is written")->excludes(json);
    command->callback([options, &exit_code] { exit_code = show_target(*options); });
}

void add_target_validate(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanTargetOptions>();
    CLI::App* command =
        parent.add_subcommand("validate", "Look whether target profiles are good, strictly");
    command->footer(R"(Examples:
  cellmon plan target validate my-server.toml

What is wrong is named by file, line, key and reason.
Exit status: 0 all are good · 2 one is wrong, or cannot be read)");
    command
        ->add_option("targets", options->targets,
                     "Files, or names of target profiles of the program")
        ->required();
    command->callback([options, &exit_code] { exit_code = validate_targets(*options); });
}

}  // namespace

void add_plan_target(CLI::App& parent, int& exit_code) {
    CLI::App* command = parent.add_subcommand(
        "target", "Target profiles: descriptions of other servers that plans are played against");
    command->footer(R"(Examples:
  cellmon plan target list
  cellmon plan target show generic --toml > my-server.toml
  cellmon plan target validate my-server.toml
  cellmon plan run 100-students --target my-server.toml --quick --out runs/theirs)");
    command->require_subcommand(1);
    add_target_list(*command, exit_code);
    add_target_show(*command, exit_code);
    add_target_validate(*command, exit_code);
}

}  // namespace cellmon::cli
