#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "harness/report/trend.hpp"

namespace cellmon::cli {
using namespace harness::report;  // NOLINT: the command is written in the words of reports
namespace {

constexpr const char* kPlanTrendFooter = R"(Examples:
  all runs below a folder, in the order of time:
    cellmon plan trend runs
  in a script, where the newest may not be worse than usual by more than 20 %:
    cellmon plan trend runs --tolerance 20 --check

Runs of one plan, profile, length and machine belong together. The newest value is held against the median of the up to
five before it. The bottleneck follows from the measured series; docs/reference/report.md has the rules.

Exit status: 0 read · 1 with --check: something is worse than usual · 2 wrong arguments · 3 there is no report to read)";

struct PlanTrendOptions {
    std::string folder;
    double tolerance = 10;
    bool json = false;
    bool check = false;
};

bool has_become_worse(const Trends& trends) {
    for (const Trend& trend : trends.trends) {
        for (const TrendRow& row : trend.rows) {
            if (row.newest.change == Change::worse) return true;
        }
    }
    return false;
}

Result<int> show_trend(const PlanTrendOptions& options) {
    if (!std::isfinite(options.tolerance) || options.tolerance < 0)
        return fail(ErrorCode::invalid, "--tolerance is a percentage from 0 on");
    CELLMON_TRY_ASSIGN(const Trends trends, read_trends(options.folder, options.tolerance));
    const bool colours = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    std::cout << (options.json ? trend_json(trends) + "\n" : trend_text(trends, colours))
              << std::flush;
    return options.check && has_become_worse(trends) ? kExitVerdict : kExitOk;
}

}  // namespace

void add_plan_trend(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanTrendOptions>();
    CLI::App* command = parent.add_subcommand(
        "trend", "Past runs in the order of time: better or worse than usual, and the bottleneck");
    command->footer(kPlanTrendFooter);
    command->add_option("folder", options->folder, "Folder with runs in folders below it")
        ->required();
    command
        ->add_option("--tolerance", options->tolerance,
                     "Percent within which two values are the same")
        ->capture_default_str();
    command->add_flag("--check", options->check,
                      "Exit status 1 when something is worse than usual");
    command->add_flag("--json", options->json, "Print the trends as JSON");
    command->callback([options, &exit_code] {
        const auto result = show_trend(*options);
        exit_code = result ? *result : complain("plan trend", result.error());
    });
}

}  // namespace cellmon::cli
