#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/random.hpp"
#include "cli/class_options.hpp"
#include "cli/commands.hpp"
#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_commands.hpp"
#include "cli/open_files.hpp"
#include "cli/progress_bar.hpp"
#include "cli/stop_signals.hpp"
#include "config/load.hpp"
#include "harness/load/open_report.hpp"
#include "harness/load/open_run.hpp"

namespace cellmon::cli {
using namespace harness;  // NOLINT: the command is written in the words of the test system
namespace {

constexpr const char* kLoadFooter = R"(Examples:
  1,000 events a second for a minute, one a request, on 100 connections:
    cellmon load --url http://127.0.0.1:8000 --rate 1000 --duration 60
  as independent clients send them, in arrays of 10:
    cellmon load --url http://127.0.0.1:8000 --rate 5000 --arrivals poisson --events-per-request 10
  from 10 to 25, 50, 75 and 100 % of the rate; up in a straight line:
    cellmon load --url http://127.0.0.1:8000 --profile steps --rate 1000 --duration 100
    cellmon load --url http://127.0.0.1:8000 --profile ramp --from 100 --rate 20000 --duration 60 --json
  when the clients of a class of 100 students send, ten minutes of it in one:
    cellmon load --url http://127.0.0.1:8000 --profile classroom --students 100 --minutes 10 --speed 10
  the same requests again, byte for byte, at the same times:
    cellmon load --url http://127.0.0.1:8000 --rate 100 --seed 7 --start 2026-04-01T09:00:00Z
  to a server with auth.mode = required:
    CELLMON_CLASS_KEY=ck_... cellmon load --url http://127.0.0.1:8000 --rate 1000

Each request is sent once, when it is due, whether the server keeps up or not. Latency counts from when it was due,
service time from when it was sent; both of what succeeded. A run grades itself (--max-lag, --max-cpu).

Exit status: 0 every request achieved · 1 some failed or were not started · 2 wrong arguments · 3 no such host, too few
open files allowed · 5 the run is not valid: it says more of this program than of the server)";

struct LoadOptions {
    std::string url = "http://127.0.0.1:8000";
    std::string key;
    std::string profile = "constant";
    std::string arrivals = "even";
    double rate = 1'000;
    double from = 0;
    std::vector<double> steps{10, 25, 50, 75, 100};
    double duration_s = 30;
    double warm_up_s = 2;
    std::uint32_t events_per_request = 1;
    std::optional<std::uint64_t> seed;
    std::string start;
    ClassPlan classroom;
    double speed = 1;
    double timeout_s = 8;
    double wait_s = 5;
    OpenOptions run;
    GeneratorBounds bounds;
    bool json = false;
};

std::int64_t us(double seconds) {
    constexpr double kMost = 1e9;
    return std::isnan(seconds)
               ? -1
               : static_cast<std::int64_t>(std::clamp(seconds, -kMost, kMost) * 1e6);
}

Result<ClassPlan> class_of(const LoadOptions& options, const Clock& clock) {
    ClassPlan plan = options.classroom;
    SystemRandom random;
    plan.seed = options.seed ? *options.seed : random.u32();
    // With a key the server knows the class.
    if (!options.key.empty()) plan.class_code.clear();
    plan.start_us = clock.now_us();
    if (!options.start.empty()) {
        const auto start = parse_time(options.start);
        if (!start) return fail(ErrorCode::invalid, "--start is a time like 2026-04-01T09:00:00Z");
        plan.start_us = *start;
    }
    plan.start_us -= plan.start_us % 1'000;
    CELLMON_TRY(plan.check());
    return plan;
}

std::vector<Stretch> stretches_of(const LoadOptions& options) {
    const std::int64_t duration_us = us(options.duration_s);
    if (options.profile == "ramp") return {{duration_us, options.from, options.rate}};
    if (options.profile == "constant") return {{duration_us, options.rate, options.rate}};
    std::vector<double> rates;
    std::transform(options.steps.begin(), options.steps.end(), std::back_inserter(rates),
                   [&](double percent) { return options.rate * percent / 100; });
    return steps(rates, duration_us);
}

Result<Schedule> schedule_of(const LoadOptions& options, const ClassPlan& classroom) {
    if (options.profile == "classroom")
        return class_schedule(classroom, options.speed, us(options.warm_up_s));
    return rate_schedule(
        {.stretches = stretches_of(options),
         .warm_up_us = us(options.warm_up_s),
         .events_per_request = options.events_per_request,
         .arrivals = options.arrivals == "poisson" ? Arrivals::poisson : Arrivals::even,
         .seed = classroom.seed});
}

std::string words_of(const LoadOptions& options) {
    if (options.profile == "classroom") {
        return fmt::format("classroom of {} students, {} minutes, speed {:g}",
                           options.classroom.students, options.classroom.minutes, options.speed);
    }
    std::string words = options.profile;
    if (options.profile == "ramp") words += fmt::format(" from {:g}", options.from);
    if (options.profile == "steps")
        words += fmt::format(" of {:g} %", fmt::join(options.steps, ", "));
    return words + fmt::format(" to {:g} events/s, {}, {} a request", options.rate,
                               options.arrivals, options.events_per_request);
}

Result<int> run_load(const LoadOptions& options) {
    const SystemClock clock;
    OpenOptions run = options.run;
    run.timeout_us = us(options.timeout_s);
    run.wait_us = us(options.wait_s);
    CELLMON_TRY(run.check());
    CELLMON_TRY_ASSIGN(const ClassPlan classroom, class_of(options, clock));
    CELLMON_TRY_ASSIGN(const Schedule schedule, schedule_of(options, classroom));
    CELLMON_TRY_ASSIGN(Endpoint endpoint, Endpoint::parse(options.url));
    CELLMON_TRY(endpoint.authorize(options.key));
    CELLMON_TRY(allow_open_files(run.connections, "connections"));
    const EventTemplates templates(classroom);
    const auto before = read_usage(endpoint);
    const StopSignals signals;
    ProgressBar bar("sending");
    const OpenContext context{
        clock, [&] { return signals.arrived(); },
        [&](const OpenProgress& progress) {
            constexpr std::uint64_t kWhole = 1'000;
            bar.show(static_cast<std::uint64_t>(progress.fraction * static_cast<double>(kWhole)),
                     kWhole,
                     fmt::format("{} of {} sent, {} failed", progress.sent,
                                 schedule.requests.size(), progress.failed));
        }};
    CELLMON_TRY_ASSIGN(const auto figures, run_open(endpoint, schedule, templates, run, context));
    bar.clear();
    const OpenReport report{*figures,
                            schedule,
                            doubts_of(*figures, options.bounds),
                            words_of(options),
                            classroom.seed,
                            format_time(classroom.start_us),
                            before,
                            read_usage(endpoint)};
    std::cout << (options.json ? json_of(report) + "\n" : table_of(report)) << std::flush;
    if (signals.arrived()) std::cerr << "cellmon load: stopped on request\n";
    if (!report.doubts.empty()) return kExitInvalid;
    return figures->failed() == 0 && figures->not_started == 0 ? kExitOk : kExitVerdict;
}

void add_profile(CLI::App& command, LoadOptions& options) {
    command.add_option("--profile", options.profile, "How the rate goes")
        ->check(CLI::IsMember({"constant", "ramp", "steps", "classroom"}))
        ->capture_default_str();
    command.add_option("--rate", options.rate, "Events a second; of a ramp at its end")
        ->capture_default_str();
    command.add_option("--from", options.from, "Events a second at the beginning of a ramp")
        ->capture_default_str();
    command.add_option("--steps", options.steps, "Percent of the rate, each for the same time")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->capture_default_str();
    command
        .add_option("--arrivals", options.arrivals,
                    "At even distances, or at random ones as independent clients make them")
        ->check(CLI::IsMember({"even", "poisson"}))
        ->capture_default_str();
    command.add_option("--duration", options.duration_s, "Seconds behind the warm-up")
        ->capture_default_str();
    command
        .add_option("--warm-up", options.warm_up_s,
                    "Seconds at the first rate before it; of a class its first ones")
        ->capture_default_str();
    command
        .add_option("--events-per-request", options.events_per_request,
                    "Events in each array; a class has its own")
        ->capture_default_str();
    command.add_option("--seed", options.seed,
                       "The same seed gives the same schedule; with the same --start also the same "
                       "bytes (default: random)");
    command.add_option("--start", options.start,
                       "Time of the first event (default: now, so that ids are new ones)");
    command.add_option("--students", options.classroom.students, "Students who send")
        ->capture_default_str();
    command.add_option("--minutes", options.classroom.minutes, "Length of the class")
        ->capture_default_str();
    command.add_option("--speed", options.speed, "Class seconds in a second")
        ->capture_default_str();
    add_error_rate(command, options.classroom);
}

}  // namespace

void add_load(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<LoadOptions>();
    CLI::App* command = app.add_subcommand(
        "load", "Send events at their time whether the server keeps up or not, and measure it");
    command->footer(kLoadFooter);
    command->require_subcommand(0, 1);
    command
        ->add_option("--url", options->url,
                     "URL of any server with POST /api/v1/events, http://host[:port][/prefix]")
        ->capture_default_str();
    command
        ->add_option("--key", options->key,
                     "Key of the class, where the server asks for one; better in the environment, "
                     "as a command line can be read by all users of the machine")
        ->envname(std::string(config::kClassKeyVariable));
    add_profile(*command, *options);
    command->add_option("--connections", options->run.connections, "Keep-alive connections")
        ->capture_default_str();
    command->add_option("--threads", options->run.threads, "Sending threads")
        ->capture_default_str();
    command->add_option("--timeout", options->timeout_s, "Seconds until an answer is missing")
        ->capture_default_str();
    command
        ->add_option(
            "--max-wait", options->wait_s,
            "Seconds that a request may wait for a free connection; then it is not started")
        ->capture_default_str();
    command
        ->add_option("--max-lag", options->bounds.lag_ms,
                     "Milliseconds: not valid when this program is later with 1 % of the requests")
        ->capture_default_str();
    command
        ->add_option("--max-cpu", options->bounds.cpu_percent,
                     "Percent of a core: not valid when one of its threads uses more")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print the figures as JSON");
    add_load_websocket(*command, exit_code);
    command->callback([command, options, &exit_code] {
        if (!command->get_subcommands().empty()) return;
        const auto result = run_load(*options);
        exit_code = result ? *result : complain("load", result.error());
    });
}

}  // namespace cellmon::cli
