#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/random.hpp"
#include "cli/exit_code.hpp"
#include "cli/open_files.hpp"
#include "cli/plan_run_commands.hpp"
#include "cli/progress_bar.hpp"
#include "cli/stop_signals.hpp"
#include "config/load.hpp"
#include "harness/plan/plan_run.hpp"
#include "harness/report/bottleneck.hpp"
#include "harness/report/report_files.hpp"
#include "harness/report/report_json.hpp"
#include "harness/report/words.hpp"

namespace cellmon::cli {
namespace {

using namespace harness;  // NOLINT: the command is written in the words of the test system
using report::Verdict;

constexpr const char* kPlanRunFooter = R"(Examples:
  all of it in five minutes, with nothing but this program:
    cellmon plan run 100-students --quick --out runs/today
  with real PostgreSQL, InfluxDB and Redis, which it starts and ends:
    cellmon plan run 100-students --profile stores --quick --out runs/stores
  in full length, four hours of soak with it; to go on with when it was stopped:
    cellmon plan run 100-students --out runs/full
    cellmon plan run 100-students --out runs/full --resume
  two phases alone; a plan of one's own:
    cellmon plan run 100-students --phase 2.1 --phase 4.1-server --quick --out runs/some
    cellmon plan run my-plan.toml --out runs/mine
  ten times as many students; more and more of them, until something cannot follow:
    cellmon plan run 1000-students --out runs/large
    cellmon plan run knee --out runs/knee
  against a server that runs, which no phase may hurt:
    cellmon plan run 100-students --server http://127.0.0.1:8000 --quick --out runs/theirs
  against another server, and both side by side:
    cellmon plan target show generic --toml > my-server.toml
    cellmon plan run 100-students --target my-server.toml --quick --out runs/theirs
    cellmon plan compare runs/today runs/theirs --html side-by-side.html

Writes report.json, report.html, junit.xml, samples.ndjson and the ledgers into DIR.
Exit status: 0 every criterion holds · 1 one does not, or the run was stopped · 2 wrong arguments, or the plan is wrong
· 3 the machine does not let it · 5 the measurement is not valid)";

struct PlanRunOptions {
    std::string plan = "100-students";
    std::string profile = "embedded";
    std::string target;
    std::string out;
    std::vector<std::string> phases;
    std::optional<std::uint64_t> seed;
    plan::SiteOptions site;
    bool quick = false;
    bool resume = false;
    bool json = false;
};

/// A line for each phase, and a bar for the one that is under way, on standard error.
class Progress {
  public:
    void prepare(const std::string& what) const { say(fmt::format("  {}\n", what)); }
    void begin(const plan::Phase& phase) {
        bar_.emplace(fmt::format("  {:<18}", phase.id));
        if (!terminal_) say(fmt::format("  {:<18} {} …\n", phase.id, phase.name));
    }
    void show(double fraction, const std::string& detail) {
        constexpr std::uint64_t kWhole = 1'000;
        if (bar_)
            bar_->show(static_cast<std::uint64_t>(std::clamp(fraction, 0.0, 1.0) * kWhole), kWhole,
                       detail + "\x1b[K");
    }
    void end(const report::PhaseReport& phase, bool kept) {
        if (bar_) bar_->clear();
        bar_.reset();
        const double seconds = static_cast<double>(phase.ended - phase.began) / 1e6;
        std::string line =
            fmt::format("{} {:<18} {:<28} {}", mark_of(phase.verdict), phase.id, phase.name,
                        coloured(phase.verdict, std::string(report::name_of(phase.verdict))));
        if (kept) {
            line += " (of the earlier run)";
        } else if (seconds > 0 && phase.verdict != Verdict::not_applicable) {
            line += fmt::format(", {:.1f} s", seconds);
        }
        if (!phase.reason.empty()) line += ": " + phase.reason;
        say(line + "\n");
        for (const report::Criterion& one : phase.criteria) {
            if (!one.broken()) continue;
            say(fmt::format("      {} {} {}, measured {}: {}\n", one.name, one.limit, one.unit,
                            one.measured ? fmt::format("{:g}", *one.measured) : "nothing",
                            one.reason));
        }
    }

  private:
    static const char* mark_of(Verdict verdict) {
        switch (verdict) {
            case Verdict::passed:
                return "✓";
            case Verdict::failed:
                return "✗";
            case Verdict::not_applicable:
                return "–";
            case Verdict::not_run:
                return "·";
            case Verdict::invalid:
                return "?";
        }
        return " ";
    }
    [[nodiscard]] std::string coloured(Verdict verdict, const std::string& text) const {
        if (!colour_) return text;
        const int number = verdict == Verdict::passed ? 32 : verdict == Verdict::failed ? 31 : 33;
        return fmt::format("\x1b[{}m{}\x1b[0m", number, text);
    }
    static void say(const std::string& text) { std::cerr << text << std::flush; }

    const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    const bool colour_ = terminal_ && std::getenv("NO_COLOR") == nullptr;
    std::optional<ProgressBar> bar_;
};

/// Only the named phases stay; the ids of the others.
Result<std::vector<std::string>> choose(plan::Plan& chosen, const std::vector<std::string>& ids) {
    std::vector<std::string> others;
    if (ids.empty()) return others;
    std::vector<plan::Phase> phases;
    for (const std::string& id : ids) {
        const auto found = std::find_if(chosen.phases.begin(), chosen.phases.end(),
                                        [&](const plan::Phase& one) { return one.id == id; });
        if (found == chosen.phases.end())
            return fail(ErrorCode::invalid,
                        fmt::format("the plan {} has no phase {}", chosen.name, id));
        phases.push_back(*found);
    }
    for (const plan::Phase& phase : chosen.phases) {
        if (std::find(ids.begin(), ids.end(), phase.id) == ids.end()) others.push_back(phase.id);
    }
    chosen.phases = std::move(phases);
    return others;
}

/// As the report names it.
const std::string& profile_of(const PlanRunOptions& options) {
    return options.site.target ? options.site.target->name : options.profile;
}

/// The run in DIR that is gone on with.
Result<std::optional<report::RunReport>> earlier_run(const PlanRunOptions& options,
                                                     const plan::Plan& plan) {
    const bool is_there = std::filesystem::exists(options.out + "/report.json");
    if (!options.resume) {
        if (is_there)
            return fail(
                ErrorCode::invalid,
                fmt::format("{} holds the report of a run: --resume goes on with it, another "
                            "folder keeps both",
                            options.out));
        return std::nullopt;
    }
    if (!is_there)
        return fail(ErrorCode::invalid,
                    fmt::format("there is no run in {} to go on with", options.out));
    CELLMON_TRY_ASSIGN(auto before, report::read_report(options.out));
    if (before.plan != plan.name || before.profile != profile_of(options) ||
        before.quick != options.quick) {
        return fail(ErrorCode::invalid,
                    fmt::format("the run in {} is of plan {}, profile {}{}", options.out,
                                before.plan, before.profile, before.quick ? ", quick" : ""));
    }
    return before;
}

Result<plan::PlanRunOptions> run_options(const PlanRunOptions& options, const plan::Plan& plan) {
    plan::PlanRunOptions run;
    CELLMON_TRY_ASSIGN(run.before, earlier_run(options, plan));
    SystemRandom random;
    run.seed = run.before ? run.before->seed : options.seed.value_or(random.u32());
    run.profile = profile_of(options);
    run.out = std::filesystem::absolute(options.out).string();
    run.quick = options.quick;
    run.site = options.site;
    run.site.with_stores = options.target.empty() && options.profile == "stores";
    const bool names_a_store =
        !run.site.postgres.empty() || !run.site.influx.empty() || !run.site.redis.empty();
    if (names_a_store && !run.site.with_stores)
        return fail(ErrorCode::invalid, "stores are named for --profile stores alone");
    std::error_code error;
    run.site.program = options.site.program.empty()
                           ? std::filesystem::read_symlink("/proc/self/exe", error).string()
                           : std::filesystem::absolute(options.site.program, error).string();
    return run;
}

int exit_code_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return kExitOk;
        case Verdict::invalid:
            return kExitInvalid;
        default:
            return kExitVerdict;
    }
}

Result<int> run_chosen(PlanRunOptions options) {
    if (!options.target.empty()) {
        CELLMON_TRY_ASSIGN(options.site.target, peer::load_target(options.target));
    }
    CELLMON_TRY_ASSIGN(plan::Plan chosen, plan::load_plan(options.plan, options.quick));
    CELLMON_TRY_ASSIGN(auto others, choose(chosen, options.phases));
    CELLMON_TRY_ASSIGN(plan::PlanRunOptions run, run_options(options, chosen));
    run.left_out = std::move(others);
    constexpr std::size_t kConnections = 4'000;
    CELLMON_TRY(allow_open_files(kConnections, "connections"));
    const SystemClock clock;
    const StopSignals signals;
    Progress progress;
    const plan::PlanWatch watch{
        [&] { return signals.arrived(); },
        [&](const std::string& what) { progress.prepare(what); },
        [&](const plan::Phase& phase) { progress.begin(phase); },
        [&](const plan::Phase&, double fraction, const std::string& detail) {
            progress.show(fraction, detail);
        },
        [&](const report::PhaseReport& phase, bool kept) { progress.end(phase, kept); },
        [&](const report::RunReport& so_far) -> Result<void> {
            report::RunReport judged = so_far;
            report::judge_bottleneck(judged);
            return report::write_report(judged, run.out);
        }};
    CELLMON_TRY_ASSIGN(report::RunReport done, plan::run_plan(chosen, run, watch, clock));
    report::judge_bottleneck(done);
    const Verdict verdict = done.verdict();
    if (options.json) {
        std::cout << report::report_json(done) << '\n';
    } else {
        std::cout << fmt::format("{} {}: {}\n{}/report.html\n", done.plan, done.profile,
                                 report::words_of(done).en, run.out);
    }
    std::cout << std::flush;
    if (signals.arrived()) std::cerr << "cellmon plan run: stopped on request\n";
    return exit_code_of(verdict);
}

int complain_of_run(const Error& error) {
    std::cerr << "cellmon plan run: " << error.message << '\n';
    return error.code == ErrorCode::invalid || error.code == ErrorCode::not_found
               ? kExitUsage
               : kExitEnvironment;
}

}  // namespace

void add_plan_run(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<PlanRunOptions>();
    CLI::App* command = parent.add_subcommand(
        "run", "Play a plan against a server and stores, and report what holds");
    command->footer(kPlanRunFooter);
    command->add_option("plan", options->plan, "Name of a plan of the program, or a file")
        ->capture_default_str();
    CLI::Option* const profile =
        command->add_option("--profile", options->profile, "What the server keeps its rows in")
            ->check(CLI::IsMember({"embedded", "stores"}))
            ->capture_default_str();
    CLI::Option* const target =
        command
            ->add_option("--target", options->target,
                         "Target profile of another server, in place of ours: a file, or a name "
                         "(plan target list)")
            ->excludes(profile);
    command->add_option("--out", options->out, "Folder for the report; it is made")->required();
    command->add_flag("--quick", options->quick, "Small sizes: all of it in five minutes");
    command
        ->add_option("--phase", options->phases,
                     "Id of a phase: only those that are named, and the report says so")
        ->allow_extra_args(false);
    command->add_option("--seed", options->seed, "The same seed plays the same classes");
    command->add_flag("--resume", options->resume,
                      "Go on with the run in DIR: what passed stays as it is");
    plan::SiteOptions& site = options->site;
    command
        ->add_option("--program", site.program,
                     "Program to test in place of this one; it must have the same `serve`")
        ->check(CLI::ExistingFile);
    command
        ->add_option("--server", site.server,
                     "URL of a server that runs, in place of one that the plan starts")
        ->excludes(target);
    command
        ->add_option("--token", site.token,
                     "Token or class key for it; better in the environment, as a command line can "
                     "be read by all users of the machine")
        ->envname(std::string(config::kTokenVariable));
    // No variables: those of a school's server must not make its stores the plan's.
    command->add_option(
        "--postgres", site.postgres,
        "URL of a PostgreSQL, in place of one that the plan starts; it is written to");
    command->add_option("--influx", site.influx, "URL of an InfluxDB, likewise");
    command->add_option("--influx-database", site.influx_database, "Its database")
        ->capture_default_str();
    command->add_option("--influx-user", site.influx_user, "A user who may make that database");
    command->add_option("--influx-password", site.influx_password, "That user's password");
    command->add_option("--redis", site.redis, "URL of a Redis, likewise");
    command->add_flag("--json", options->json, "Print the report as JSON");
    command->callback([options, &exit_code] {
        const auto done = run_chosen(*options);
        exit_code = done ? *done : complain_of_run(done.error());
    });
}

}  // namespace cellmon::cli
