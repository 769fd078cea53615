#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/stop_signals.hpp"
#include "harness/chaos/chaos.hpp"
#include "harness/chaos/handles.hpp"
#include "harness/classroom/json_text.hpp"

namespace cellmon::cli {
namespace {

using namespace harness;  // NOLINT: the command is written in the words of the test system

constexpr const char* kChaosFooter = R"(Examples:
  stop a server for half a minute, then let it go on:
    cellmon chaos --pid server=1234 --at 30:stop:server --at 60:continue:server
  kill it and start it again as it was:
    cellmon chaos --pid server=1234 --at 10:kill:server --at 20:start:server
  a Redis behind a gate, to which the server connects at port 7000: slow, then gone, then there again
    cellmon chaos --gate redis=127.0.0.1:7000:127.0.0.1:6379 --at 30:slow:redis:latency_ms=50,bytes_per_s=20000 \
        --at 60:refuse:redis --at 90:open:redis
  fill the small disk that its data lie on:
    cellmon chaos --disk server=/mnt/small/data --at 10:fill:server --at 20:empty:server
  a timeline from a file:
    cellmon chaos --pid server=1234 --timeline friday.toml --json

Actions: kill, restart, stop, continue, start of a process; refuse, cut, hang, slow, open of a gate; fill, empty of a disk.
Only what is named is touched. Whatever is not undone at the end is undone then, also after Ctrl-C. A gate lasts as long as this
command: until Ctrl-C, or --for.
Exit status: 0 all was done and undone · 1 something was not · 2 wrong arguments · 3 no such process, the port is taken)";

struct ChaosOptions {
    std::vector<std::string> pids;
    std::vector<std::string> gates;
    std::vector<std::string> disks;
    std::vector<std::string> steps;
    std::string file;
    std::optional<double> for_s;
    bool json = false;
};

struct Named {
    std::string name;
    std::string value;
};

Result<Named> named(const std::string& text, const char* form) {
    const auto at = text.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == text.size())
        return fail(ErrorCode::invalid, fmt::format("\"{}\" is not {}", text, form));
    return Named{text.substr(0, at), text.substr(at + 1)};
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The gates live as long as what hurts them.
struct Gates {
    std::vector<std::unique_ptr<chaos::Gate>> all;

    Result<chaos::Gate*> add(const std::string& text) {
        constexpr const char* kForm = "NAME=127.0.0.1:PORT:HOST:PORT";
        CELLMON_TRY_ASSIGN(const Named gate, named(text, kForm));
        const auto first = gate.value.find(':');
        const auto second = gate.value.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos)
            return fail(ErrorCode::invalid, fmt::format("\"{}\" is not {}", text, kForm));
        const std::string host = gate.value.substr(0, first);
        const auto port = number_of<std::uint16_t>(
            std::string_view(gate.value).substr(first + 1, second - first - 1));
        if ((host != "127.0.0.1" && host != "localhost") || !port)
            return fail(ErrorCode::invalid,
                        fmt::format("\"{}\": a gate listens on 127.0.0.1, at a port", text));
        CELLMON_TRY_ASSIGN(const Endpoint server,
                           Endpoint::parse("http://" + gate.value.substr(second + 1)));
        CELLMON_TRY_ASSIGN(auto made, chaos::Gate::create(*port, server));
        all.push_back(std::move(made));
        return all.back().get();
    }
};

Result<void> add_targets(const ChaosOptions& options, chaos::Chaos& chaos, Gates& gates) {
    for (const std::string& text : options.pids) {
        CELLMON_TRY_ASSIGN(const Named process, named(text, "NAME=PID"));
        const auto pid = number_of<pid_t>(process.value);
        if (!pid) return fail(ErrorCode::invalid, fmt::format("\"{}\" is not NAME=PID", text));
        CELLMON_TRY_ASSIGN(auto handle, chaos::NamedProcess::find(process.name, *pid));
        chaos.add(process.name, std::move(handle));
    }
    for (const std::string& text : options.gates) {
        CELLMON_TRY_ASSIGN(chaos::Gate * gate, gates.add(text));
        chaos.add(text.substr(0, text.find('=')), std::make_unique<chaos::GateHandle>(*gate));
    }
    for (const std::string& text : options.disks) {
        CELLMON_TRY_ASSIGN(const Named disk, named(text, "NAME=FOLDER"));
        auto handle = std::make_unique<chaos::DiskHandle>(disk.value);
        CELLMON_TRY(handle->may_be_filled());
        chaos.add(disk.name, std::move(handle));
    }
    return {};
}

Result<chaos::Timeline> timeline_of(const ChaosOptions& options) {
    chaos::Timeline timeline;
    if (!options.file.empty()) {
        std::ifstream file(options.file, std::ios::binary);
        if (!file) return fail(ErrorCode::invalid, fmt::format("{} cannot be read", options.file));
        const std::string text(std::istreambuf_iterator<char>(file), {});
        CELLMON_TRY_ASSIGN(timeline, chaos::Timeline::parse(text, options.file));
    }
    for (const std::string& text : options.steps) {
        auto step = chaos::Timeline::parse_step(text);
        if (!step)
            return fail(ErrorCode::invalid, fmt::format("--at {}: {}", text, step.error().message));
        timeline.add(std::move(*step));
    }
    if (timeline.steps.empty() && options.gates.empty())
        return fail(ErrorCode::invalid,
                    "there is nothing to do: name a step with --at or a file of "
                    "them with --timeline");
    return timeline;
}

void tell(const chaos::Deed& deed, bool json) {
    if (!json) {
        std::cout << fmt::format("{:8.2f} s  {:<9} {:<12} {}{}\n", deed.at_s, deed.action,
                                 deed.target, deed.done ? "" : "not done: ", deed.text)
                  << std::flush;
        return;
    }
    std::string line;
    JsonObject object(line);
    object.text("at", format_time(deed.at));
    object.raw("at_s", fmt::format("{:.3f}", deed.at_s));
    object.text("action", deed.action);
    object.text("target", deed.target);
    object.boolean("done", deed.done);
    object.text("text", deed.text);
    object.close();
    std::cout << line << '\n' << std::flush;
}

Result<int> run_chaos(const ChaosOptions& options) {
    CELLMON_TRY_ASSIGN(const chaos::Timeline timeline, timeline_of(options));
    const SystemClock clock;
    const StopSignals signals;
    Gates gates;
    chaos::Chaos chaos(clock);
    CELLMON_TRY(add_targets(options, chaos, gates));
    CELLMON_TRY(chaos.check(timeline));
    const double least_s =
        options.for_s.value_or(gates.all.empty() ? 0 : chaos::Timeline::kMostSeconds);
    const bool well =
        chaos.play(timeline, {[&] { return signals.arrived(); },
                              [&](const chaos::Deed& deed) { tell(deed, options.json); }, least_s});
    if (signals.arrived()) std::cerr << "cellmon chaos: stopped on request\n";
    return well ? kExitOk : kExitVerdict;
}

}  // namespace

void add_chaos(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<ChaosOptions>();
    CLI::App* command = app.add_subcommand(
        "chaos", "Kill, stop, cut off or fill what is named, on a timeline, and undo it");
    command->footer(kChaosFooter);
    command->add_option("--pid", options->pids, "NAME=PID: a process that may be hurt")
        ->allow_extra_args(false);
    command
        ->add_option("--gate", options->gates,
                     "NAME=127.0.0.1:PORT:HOST:PORT: a gate at the first in front of the second")
        ->allow_extra_args(false);
    command
        ->add_option("--disk", options->disks,
                     "NAME=FOLDER: a folder on a small file system of its own, which may be filled")
        ->allow_extra_args(false);
    command
        ->add_option("--at", options->steps,
                     "SECONDS:ACTION:NAME[:VALUE=NUMBER,…]: what is done to whom, and when")
        ->allow_extra_args(false);
    command->add_option("--timeline", options->file, "TOML file with [[step]] for each of them");
    command
        ->add_option("--for", options->for_s,
                     "Seconds that it lasts at least (default: until the last step, with a gate "
                     "until Ctrl-C)")
        ->check(CLI::Range(0.0, chaos::Timeline::kMostSeconds));
    command->add_flag("--json", options->json, "Print a JSON object for each thing that was done");
    command->callback([options, &exit_code] {
        const auto done = run_chaos(*options);
        exit_code = done ? *done : complain("chaos", done.error());
    });
}

}  // namespace cellmon::cli
