#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "harness/report/bottleneck.hpp"
#include "harness/report/comparison_text.hpp"
#include "harness/report/report_files.hpp"

namespace cellmon::cli {
using namespace harness::report;  // NOLINT: the command is written in the words of reports
namespace {

constexpr const char* kPlanCompareFooter = R"(Examples:
  what a change has made better or worse:
    cellmon plan compare runs/before runs/after
  in a script, where nothing may have become worse by more than 10 %:
    cellmon plan compare runs/before runs/after --tolerance 10 --check
  two servers side by side on one page:
    cellmon plan compare runs/stores runs/peer --html side-by-side.html

Each run is held against the first. A limit that is kept in one run and broken in the other decides; else two values
within --tolerance percent of each other are the same.

Exit status: 0 compared · 1 with --check: something is worse · 2 wrong arguments · 3 a report cannot be read, or the page not be written)";

struct PlanCompareOptions {
    std::vector<std::string> runs;
    double tolerance = 5;
    bool json = false;
    bool check = false;
    std::string html;
};

Result<int> compare_runs(const PlanCompareOptions& options) {
    if (!std::isfinite(options.tolerance) || options.tolerance < 0)
        return fail(ErrorCode::invalid, "--tolerance is a percentage from 0 on");
    std::vector<NamedRun> runs;
    for (const std::string& path : options.runs) {
        CELLMON_TRY_ASSIGN(RunReport report, read_report(path));
        if (report.bottleneck.empty()) judge_bottleneck(report);
        runs.push_back({path, std::move(report)});
    }
    const Comparison comparison = compare(runs, options.tolerance);
    if (!options.html.empty())
        CELLMON_TRY(replace_file(options.html, comparison_html(runs, comparison)));
    const bool colours = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    std::cout << (options.json ? comparison_json(runs, comparison) + "\n"
                               : comparison_text(runs, comparison, colours))
              << std::flush;
    return options.check && comparison.count(Change::worse) > 0 ? kExitVerdict : kExitOk;
}

}  // namespace

void add_plan_compare(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanCompareOptions>();
    CLI::App* command = parent.add_subcommand(
        "compare", "Hold runs against each other: what is better, worse, the same");
    command->footer(kPlanCompareFooter);
    constexpr int kFewest = 2;
    command->add_option("runs", options->runs, "Folders of runs, or their report.json")
        ->required()
        ->expected(kFewest, -1);
    command
        ->add_option("--tolerance", options->tolerance,
                     "Percent within which two values are the same")
        ->capture_default_str();
    command->add_flag("--check", options->check, "Exit status 1 when something is worse");
    command->add_flag("--json", options->json, "Print the comparison as JSON");
    command->add_option("--html", options->html, "File that gets it as a page, with plots");
    command->callback([options, &exit_code] {
        const auto result = compare_runs(*options);
        exit_code = result ? *result : complain("plan compare", result.error());
    });
}

}  // namespace cellmon::cli
