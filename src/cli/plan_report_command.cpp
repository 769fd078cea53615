#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>

#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/plan_commands.hpp"
#include "harness/report/report_files.hpp"

namespace cellmon::cli {
using namespace harness::report;  // NOLINT: the command is written in the words of reports
namespace {

constexpr const char* kPlanReportFooter = R"(Examples:
  report.html and junit.xml anew, in the form that this program gives them:
    cellmon plan report runs/after
  into another folder, from a report that came from elsewhere:
    cellmon plan report download/report.json --out runs/theirs

Exit status: that of the run: 0 passed · 1 not · 2 wrong arguments · 3 the report cannot be read or written
· 5 the measurement is not valid)";

struct PlanReportOptions {
    std::string run;
    std::string out;
};

std::filesystem::path folder_of(const PlanReportOptions& options) {
    if (!options.out.empty()) return options.out;
    const std::filesystem::path run = options.run;
    std::error_code ignored;
    if (std::filesystem::is_directory(run, ignored)) return run;
    return run.has_parent_path() ? run.parent_path() : ".";
}

Result<int> write_anew(const PlanReportOptions& options) {
    CELLMON_TRY_ASSIGN(const RunReport report, read_report(options.run));
    CELLMON_TRY(write_report(report, folder_of(options)));
    switch (report.verdict()) {
        case Verdict::passed:
            return kExitOk;
        case Verdict::invalid:
            return kExitInvalid;
        case Verdict::failed:
        case Verdict::not_applicable:
        case Verdict::not_run:
            break;
    }
    return kExitVerdict;
}

}  // namespace

void add_plan_report(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanReportOptions>();
    CLI::App* command = parent.add_subcommand(
        "report", "Make report.html and junit.xml of a run anew from its report.json");
    command->footer(kPlanReportFooter);
    command->add_option("run", options->run, "Folder of the run, or a report.json")->required();
    command->add_option("--out", options->out,
                        "Folder that gets the files (default: that of the run)");
    command->callback([options, &exit_code] {
        const auto result = write_anew(*options);
        exit_code = result ? *result : complain("plan report", result.error());
    });
}

}  // namespace cellmon::cli
