#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/random.hpp"
#include "cli/class_options.hpp"
#include "cli/commands.hpp"
#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/open_files.hpp"
#include "cli/stop_signals.hpp"
#include "config/load.hpp"
#include "harness/load/class_run.hpp"
#include "harness/load/flood_run.hpp"
#include "harness/load/report.hpp"

namespace cellmon::cli {
using namespace harness;  // NOLINT: the command is written in the words of the test system
namespace {

constexpr const char* kSimulateFooter = R"(Examples:
  a class of 100 students, ten minutes in one:
    cellmon simulate --server http://127.0.0.1:8000 --students 100 --minutes 10 --speed 10 --seed 1 --ledger class.ndjson
  the same class again after a crash, from where it stopped:
    cellmon simulate --server http://127.0.0.1:8000 --speed 10 --ledger class.ndjson --continue
  as fast as the server takes it, and at a fixed rate:
    cellmon simulate --server http://127.0.0.1:8000 --speed max --batch 100 --connections 8 --events 1000000
    cellmon simulate --server http://127.0.0.1:8000 --rate 1000 --batch 1 --duration 60
  its events as lines of JSON, and no server at all:
    cellmon simulate --print --students 3 --minutes 90 --seed 1 --start 2026-04-01T09:00:00Z
  to a server with auth.mode = required:
    CELLMON_CLASS_KEY=ck_... cellmon simulate --server http://127.0.0.1:8000 --students 100

Exit status: 0 every event has an answer · 1 some are refused or unknown · 2 wrong arguments · 3 no server, no ledger)";

struct SimulateOptions {
    std::string server = "http://127.0.0.1:8000";
    ClassPlan classroom;
    std::string speed = "1";
    std::optional<std::uint64_t> seed;
    std::string start;
    std::string ledger;
    std::string truth;
    std::string key;
    std::optional<std::string> class_code;
    bool go_on = false;
    bool print = false;
    bool json = false;
    std::size_t batch = 100;
    std::size_t connections = 0;
    std::uint64_t events = 0;
    double rate = 0;
    double duration_s = 0;
    double drain_s = 60;
};

/// What to play: from the options, or from the ledger that is gone on with.
struct SimulatedClass {
    ClassPlan classroom;
    bool flood = false;
    double speed = 1;
    std::optional<Ledger> before;
};

Result<SimulatedClass> make_plan(const SimulateOptions& options, const Clock& clock) {
    SimulatedClass plan;
    plan.flood = options.speed == "max" || options.rate > 0;
    if (options.speed != "max") {
        const auto& text = options.speed;
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), plan.speed);
        if (error != std::errc() || end != text.data() + text.size() || !(plan.speed > 0) ||
            plan.speed > 1e6) {
            return fail(ErrorCode::invalid, "--speed is a number above 0, or max");
        }
    }
    if (options.go_on) {
        if (options.ledger.empty())
            return fail(ErrorCode::invalid, "--continue needs the --ledger to go on with");
        CELLMON_TRY_ASSIGN(plan.before, Ledger::read(options.ledger));
        const LedgerHeader& header = plan.before->header;
        if (header.flood != plan.flood) {
            return fail(ErrorCode::invalid,
                        header.flood ? "the ledger is of a run with --speed max or --rate"
                                     : "the ledger is of a class, not of --speed max or --rate");
        }
        plan.classroom = {header.students, header.minutes,    header.seed,
                          header.start_us, header.class_code, header.errors_per_mille};
        return plan;
    }
    plan.classroom = options.classroom;
    // With a key the server knows the class.
    if (!options.key.empty()) plan.classroom.class_code.clear();
    if (options.class_code) plan.classroom.class_code = *options.class_code;
    SystemRandom random;
    plan.classroom.seed = options.seed ? *options.seed : random.u32();
    // Without a start of its own, a class ends at the present, so that a time-compressed class does
    // not play in the future.
    const double class_us = static_cast<double>(plan.classroom.minutes) * 60e6;
    const double played_us = options.print ? 0 : class_us / plan.speed;
    plan.classroom.start_us =
        plan.flood ? clock.now_us() : clock.now_us() - static_cast<TimeUs>(class_us - played_us);
    if (!options.start.empty()) {
        const auto start = parse_time(options.start);
        if (!start) return fail(ErrorCode::invalid, "--start is a time like 2026-04-01T09:00:00Z");
        plan.classroom.start_us = *start;
    }
    plan.classroom.start_us -= plan.classroom.start_us % 1000;
    CELLMON_TRY(plan.classroom.check());
    return plan;
}

Result<void> write_truth(const std::string& path, const Classroom& classroom) {
    if (path.empty()) return {};
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << classroom.truth_ndjson();
    file.close();
    if (!file) return fail(ErrorCode::io, fmt::format("cannot write the truth to {}", path));
    return {};
}

std::size_t connections_of(const SimulateOptions& options, const SimulatedClass& plan) {
    if (options.connections > 0) return options.connections;
    constexpr std::size_t kFloodConnections = 8;
    constexpr std::size_t kMostClassConnections = 1'000;
    return plan.flood ? kFloodConnections
                      : std::min<std::size_t>(plan.classroom.students, kMostClassConnections);
}

Result<void> play(const SimulateOptions& options, const SimulatedClass& plan, HttpPool pool,
                  RunContext context) {
    const auto drain_us = static_cast<std::int64_t>(options.drain_s * 1e6);
    if (plan.flood) {
        FloodOptions flood;
        flood.batch = options.batch;
        flood.events_per_second = options.rate;
        flood.duration_us = static_cast<std::int64_t>(options.duration_s * 1e6);
        flood.drain_us = drain_us;
        if (options.events > 0)
            flood.events = options.events;
        else if (flood.duration_us > 0)
            flood.events = UINT64_MAX / 2;
        const EventTemplates templates(plan.classroom);
        return run_flood(templates, std::move(pool), flood, std::move(context));
    }
    Classroom classroom(plan.classroom);
    ClassRunOptions run;
    run.speed = plan.speed;
    run.drain_us = drain_us;
    CELLMON_TRY(run_class(classroom, std::move(pool), run, std::move(context)));
    return write_truth(options.truth, classroom);
}

/// Each event of the class as a line of JSON, in the order of their time.
Result<int> print_class(const SimulateOptions& options, const SimulatedClass& plan) {
    if (plan.flood || options.go_on || !options.ledger.empty()) {
        return fail(ErrorCode::invalid,
                    "--print sends nothing: it goes with none of --ledger, --continue, --rate and "
                    "--speed max");
    }
    Classroom classroom(plan.classroom);
    // Whoever reads may have enough before the end.
    while (const auto event = std::cout ? classroom.next() : std::nullopt)
        std::cout << event->json << '\n';
    if (!std::cout.flush()) return fail(ErrorCode::io, "cannot write the events");
    CELLMON_TRY(write_truth(options.truth, classroom));
    return kExitOk;
}

Result<int> simulate(const SimulateOptions& options) {
    const SystemClock clock;
    CELLMON_TRY_ASSIGN(const SimulatedClass plan, make_plan(options, clock));
    if (options.print) return print_class(options, plan);
    CELLMON_TRY_ASSIGN(Endpoint endpoint, Endpoint::parse(options.server));
    CELLMON_TRY(endpoint.authorize(options.key));
    const std::size_t connections = connections_of(options, plan);
    CELLMON_TRY(allow_open_files(connections, "connections"));
    CELLMON_TRY_ASSIGN(HttpPool pool, HttpPool::create(endpoint, connections, clock));
    const LedgerHeader header{
        plan.classroom.students,        plan.classroom.minutes,    plan.classroom.seed,
        plan.classroom.start_us,        plan.classroom.class_code, plan.flood,
        plan.classroom.errors_per_mille};
    CELLMON_TRY_ASSIGN(LedgerWriter ledger, options.go_on
                                                ? LedgerWriter::append(options.ledger)
                                                : LedgerWriter::create(options.ledger, header));
    const auto before = read_usage(endpoint);
    const StopSignals signals;
    auto figures = std::make_unique<Figures>();
    const bool terminal = isatty(STDERR_FILENO) == 1;
    ProgressLine progress(terminal, terminal && std::getenv("NO_COLOR") == nullptr);
    RunContext context{clock,
                       ledger,
                       *figures,
                       plan.before ? &*plan.before : nullptr,
                       [&] { return signals.arrived(); },
                       [&](double fraction) { progress.show(fraction, *figures); }};
    const auto played = play(options, plan, std::move(pool), std::move(context));
    progress.close();
    const harness::RunReport report{*figures, before, read_usage(endpoint), plan.classroom.seed,
                                    format_time(plan.classroom.start_us)};
    std::cout << (options.json ? json_of(report) + "\n" : table_of(report)) << std::flush;
    if (!played) return fail(played.error());
    if (signals.arrived()) std::cerr << "cellmon simulate: stopped on request\n";
    return figures->refused == 0 && figures->unknown == 0 ? kExitOk : kExitVerdict;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<SimulateOptions>();
    CLI::App* command = app.add_subcommand("simulate", "Play a simulated class against a server");
    command->footer(kSimulateFooter);
    command->add_option("--server", options->server, "URL of the server")->capture_default_str();
    command
        ->add_option("--key", options->key,
                     "Key of the class, where the server asks for one; better in the environment, "
                     "as a command line can be read by all users of the machine")
        ->envname(std::string(config::kClassKeyVariable));
    command->add_option("--class", options->class_code,
                        "Code of the class that newer clients name; empty: none (default: "
                        "PY-2026-03, or none with a key)");
    command->add_option("--students", options->classroom.students, "Students in the class")
        ->capture_default_str();
    command->add_option("--minutes", options->classroom.minutes, "Length of the class")
        ->capture_default_str();
    add_error_rate(*command, options->classroom);
    command
        ->add_option("--speed", options->speed,
                     "Class seconds in a second, or max: as fast as the server takes it")
        ->capture_default_str();
    command->add_option("--seed", options->seed,
                        "The same seed and start give the same bytes (default: random)");
    command->add_option("--start", options->start,
                        "Time of the class's first minute (default: so that it ends now)");
    command->add_option("--ledger", options->ledger,
                        "File that gets what was sent and what was promised, NDJSON");
    command->add_option("--truth", options->truth,
                        "File that gets what each student truly did, NDJSON");
    command->add_flag("--continue", options->go_on,
                      "Go on with the ledger: send the unknown again, then the rest");
    command->add_flag("--print", options->print,
                      "Print the class's events as NDJSON, and send nothing");
    command->add_flag("--json", options->json, "Print the summary as JSON");
    command
        ->add_option("--batch", options->batch, "With --speed max or --rate: events in a request")
        ->capture_default_str();
    command->add_option("--connections", options->connections,
                        "Keep-alive connections (default: one a student, or 8)");
    command->add_option("--events", options->events,
                        "With --speed max or --rate: end after so many (default 1000000)");
    command->add_option("--rate", options->rate,
                        "Events a second at a fixed rate, instead of a class");
    command->add_option("--duration", options->duration_s,
                        "With --speed max or --rate: end after so many seconds");
    command->add_option("--drain", options->drain_s, "Seconds that the last requests may take")
        ->capture_default_str();
    command->callback([options, &exit_code] {
        const auto result = simulate(*options);
        exit_code = result ? *result : complain("simulate", result.error());
    });
}

}  // namespace cellmon::cli
