#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/complaint.hpp"
#include "cli/exit_code.hpp"
#include "cli/grafana_options.hpp"
#include "cli/live_view.hpp"
#include "cli/stop_signals.hpp"
#include "cli/store_options.hpp"
#include "harness/monitor/exporter.hpp"
#include "harness/monitor/monitor.hpp"
#include "harness/monitor/monitor_json.hpp"
#include "harness/monitor/monitor_text.hpp"

namespace cellmon::cli {
using namespace harness::monitor;  // NOLINT: the command is written in the words of the monitor
namespace {

constexpr const char* kMonitorFooter = R"(Examples:
  a server on this machine, live in the terminal until Ctrl-C:
    cellmon monitor --server http://127.0.0.1:8000
  server and stores for a minute, a line of JSON each second:
    cellmon monitor --server http://127.0.0.1:8000 --postgres postgresql://127.0.0.1/cellmon \
      --redis redis://127.0.0.1 --influx http://127.0.0.1:8086 --duration 60 --json
  a load test: samples each 0.5 s, and whether the requirements were kept:
    cellmon monitor --server http://127.0.0.1:8000 --generator 4711 --name classroom-100 \
      --expected-load 1000 --duration 300 --out report.json
  any processes, with limits of your own, for Prometheus at http://127.0.0.1:9180/metrics:
    cellmon monitor --pid server=4711 --command influxdb=influxd --cpu-critical 50 --export 9180
  dashboards in Grafana, and the phases and faults of a plan's run on their time axis:
    CELLMON_GRAFANA_TOKEN=glsa_... cellmon monitor --grafana http://127.0.0.1:3000 --grafana-run runs/after

CPU and memory are those of server and stores with all that they have started: of those named by --pid, --port and
--command, and of the servers of URLs on this machine, found by their ports (called server, postgresql, redis and
influxdb). Where nothing is watched, they are the host's without the generators.
What could not be read is null, with the reason in "unavailable".

Exit status: 0 healthy, or with warnings · 1 a load test did not keep a criterion · 2 wrong arguments
· 3 no such file or address, or Grafana does not take it · 6 a sample was critical)";

constexpr double kInterval_s = 1.0;
constexpr double kLoadTestInterval_s = 0.5;

struct MonitorOptions {
    std::string server;
    StoreOptions stores;
    std::vector<std::string> pids;
    std::vector<std::string> ports;
    std::vector<std::string> commands;
    std::vector<pid_t> generators;
    Thresholds thresholds;
    std::optional<double> interval_s;
    double duration_s = 0;
    std::string name;
    std::string expected_load;
    std::string out;
    std::string export_at;
    bool export_to_others = false;
    GrafanaOptions grafana;
    bool json = false;
    bool running = false;
};

Result<Subject> subject_of(const MonitorOptions& options) {
    Subject subject;
    if (!options.server.empty()) {
        CELLMON_TRY_ASSIGN(subject.server, harness::Endpoint::parse(options.server));
    }
    const StoreOptions& stores = options.stores;
    subject.postgres = stores.postgres;
    if (!stores.redis.url.empty()) {
        CELLMON_TRY_ASSIGN(subject.redis, RedisAddress::parse(stores.redis.url));
    }
    if (!stores.influx.url.empty()) {
        CELLMON_TRY_ASSIGN(
            subject.influx,
            InfluxAddress::make(stores.influx.url, stores.influx.database, stores.influx.user,
                                stores.influx.password, stores.influx.token));
    }
    const auto add = [&](const std::vector<std::string>& texts,
                         Result<Watch> (*parse)(std::string_view)) -> Result<void> {
        for (const std::string& text : texts) {
            CELLMON_TRY_ASSIGN(Watch watch, parse(text));
            subject.parts.push_back(std::move(watch));
        }
        return {};
    };
    CELLMON_TRY(add(options.pids, Watch::by_pid));
    CELLMON_TRY(add(options.ports, Watch::by_port));
    CELLMON_TRY(add(options.commands, Watch::by_command));
    subject.generators = options.generators;
    return subject;
}

/// The samples of a run for --out, the newest where there are too many.
class Samples {
  public:
    void add(std::string json) {
        constexpr std::size_t kMost = 100'000;
        if (lines_.size() == kMost) lines_.pop_front();
        lines_.push_back(std::move(json));
    }
    [[nodiscard]] std::string json() const {
        std::string text = "[";
        for (const std::string& line : lines_)
            text += (text.size() > 1 ? ",\n" : "\n") + line;
        return text + "\n]";
    }

  private:
    std::deque<std::string> lines_;
};

/// What a run shows and leaves.
class MonitorOutput {
  public:
    explicit MonitorOutput(const MonitorOptions& options)
        : options_(options),
          terminal_(isatty(STDOUT_FILENO) == 1 && !options.json),
          look_{terminal_ && std::getenv("NO_COLOR") == nullptr} {
        if (!options.name.empty()) test_ = LoadTest{options.name, options.expected_load, 0};
    }

    Result<void> open() {
        if (!options_.out.empty()) {
            file_.open(options_.out, std::ios::binary | std::ios::trunc);
            if (!file_) return cannot_write();
        }
        if (options_.export_at.empty()) return {};
        CELLMON_TRY_ASSIGN(const auto address,
                           ExportAddress::parse(options_.export_at, options_.export_to_others));
        CELLMON_TRY_ASSIGN(exporter_, Exporter::listen(address));
        std::cerr << fmt::format("cellmon monitor: figures at http://{}:{}/metrics\n", address.host,
                                 exporter_->port());
        return {};
    }

    /// False: nobody reads any more.
    bool show(const RunSummary& run, double seconds) {
        if (test_) test_->seconds = seconds;
        if (exporter_) exporter_->publish(prometheus_text(run.latest(), run.health()));
        if (file_.is_open() && !test_) samples_.add(json_of(run.latest(), run.health()));
        if (terminal_) {
            view_.show(live_lines(run, seconds, look_));
        } else if (!options_.json) {
            std::cout << sample_line(run.latest(), run.health()) << std::endl;
        } else if (options_.running) {
            std::cout << running_json(run, test_) << std::endl;
        } else if (!test_) {
            std::cout << json_of(run.latest(), run.health()) << std::endl;
        }
        return static_cast<bool>(std::cout);
    }

    Result<void> end(const RunSummary& run, double seconds) {
        if (test_) test_->seconds = seconds;
        if (terminal_) view_.clear();
        if (!options_.json) {
            std::cout << report_text(run, seconds, test_) << std::flush;
        } else if (options_.running) {
            std::cout << running_json(run, test_) << std::endl;
        } else if (test_) {
            std::cout << load_test_json(*test_, run) << std::endl;
        }
        if (!file_.is_open()) return {};
        file_ << (test_ ? load_test_json(*test_, run)
                        : fmt::format("{{\"summary\":{},\n\"samples\":{}}}", summary_json(run),
                                      samples_.json()))
              << '\n';
        file_.close();
        if (!file_) return cannot_write();
        return {};
    }

  private:
    [[nodiscard]] tl::unexpected<Error> cannot_write() const {
        return fail(ErrorCode::io, fmt::format("cannot write to {}", options_.out));
    }

    const MonitorOptions& options_;
    const bool terminal_;
    const Look look_;
    std::optional<LoadTest> test_;
    std::ofstream file_;
    Samples samples_;
    LiveView view_;
    std::unique_ptr<Exporter> exporter_;
};

/// False when a signal came first.
bool wait_until(std::chrono::steady_clock::time_point time, const StopSignals& signals) {
    constexpr std::chrono::milliseconds kSlice{50};
    while (!signals.arrived()) {
        const auto left = time - std::chrono::steady_clock::now();
        if (left <= std::chrono::nanoseconds(0)) return true;
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kSlice));
    }
    return false;
}

Result<int> monitor(const MonitorOptions& options) {
    using Clock = std::chrono::steady_clock;
    const bool is_test = !options.name.empty();
    if (!is_test && !options.expected_load.empty())
        return fail(ErrorCode::invalid, "--expected-load needs the --name of a load test");
    if (options.running && !options.json) return fail(ErrorCode::invalid, "--running needs --json");
    const double interval_s =
        options.interval_s.value_or(is_test ? kLoadTestInterval_s : kInterval_s);
    if (!(interval_s >= 0.1 && interval_s <= 3'600))
        return fail(ErrorCode::invalid, "--interval is a number of seconds from 0.1 to 3600");
    if (!std::isfinite(options.duration_s) || options.duration_s < 0)
        return fail(ErrorCode::invalid, "--duration is a number of seconds above 0");
    CELLMON_TRY(options.thresholds.check());
    CELLMON_TRY_ASSIGN(const Subject subject, subject_of(options));
    const SystemClock clock;
    CELLMON_TRY_ASSIGN(auto grafana, set_up_grafana(options.grafana));
    if (!options.grafana.run.empty()) return kExitOk;
    const TimeUs began_us = clock.now_us();
    const StopSignals signals;
    MonitorOutput output(options);
    CELLMON_TRY(output.open());
    Monitor monitor(subject, clock);
    monitor.start();

    const auto interval = std::chrono::microseconds(static_cast<std::int64_t>(interval_s * 1e6));
    const auto began = Clock::now();
    const auto elapsed_s = [&] {
        return std::chrono::duration<double>(Clock::now() - began).count();
    };
    const auto is_over = [&](Clock::time_point time) {
        return options.duration_s > 0 &&
               std::chrono::duration<double>(time - began).count() > options.duration_s;
    };
    RunSummary run(options.thresholds);
    const auto look = [&] {
        run.add(monitor.sample(interval.count() / 2));
        return output.show(run, elapsed_s());
    };
    for (auto next = began + interval; !is_over(next) && wait_until(next, signals);) {
        if (!look()) break;
        // A machine that is too busy leaves samples out; it does not take them in a row.
        next = std::max(next + interval, Clock::now());
    }
    if (run.samples() == 0) look();
    CELLMON_TRY(output.end(run, elapsed_s()));
    if (grafana && is_test)
        CELLMON_TRY(show_in_grafana(*grafana, options.name, began_us, clock.now_us()));
    if (run.samples_with(Status::critical) > 0) return kExitCritical;
    return is_test && !criteria_of(run).hold() ? kExitVerdict : kExitOk;
}

void add_thresholds(CLI::App& command, Thresholds& thresholds) {
    const auto add = [&](const std::string& name, Limit& limit, const std::string& what) {
        command.add_option("--" + name + "-warning", limit.warning, what + ": a warning from here")
            ->capture_default_str();
        command
            .add_option("--" + name + "-critical", limit.critical, what + ": critical from here")
            ->capture_default_str();
    };
    add("cpu", thresholds.cpu, "CPU of server and stores, percent of all cores");
    add("memory", thresholds.memory, "Memory of server and stores, percent of the machine's");
    add("response-time", thresholds.response_time, "Response time, milliseconds");
    add("error-rate", thresholds.error_rate, "Share of requests that failed, as a fraction");
}

}  // namespace

void add_monitor(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<MonitorOptions>();
    CLI::App* command = app.add_subcommand(
        "monitor",
        "Measure server, stores and machine while something runs, and judge their health");
    command->footer(kMonitorFooter);
    command->add_option("--server", options->server,
                        "URL of the server: response time, throughput, error rate, WebSockets");
    add_postgres_option(*command, options->stores);
    add_influx_options(*command, options->stores);
    add_redis_option(*command, options->stores);
    command->add_option("--pid", options->pids, "NAME=PID: a process to watch")
        ->allow_extra_args(false);
    command->add_option("--port", options->ports, "NAME=PORT: the process that listens there")
        ->allow_extra_args(false);
    command
        ->add_option("--command", options->commands,
                     "NAME=TEXT: processes with this text in their command line")
        ->allow_extra_args(false);
    command
        ->add_option("--generator", options->generators,
                     "Process id of a generator of load: counted apart")
        ->allow_extra_args(false);
    command->add_option("--interval", options->interval_s,
                        "Seconds between samples (default: 1.0, in a load test 0.5)");
    command->add_option("--duration", options->duration_s,
                        "Seconds until it ends by itself (default: until Ctrl-C)");
    command->add_option("--name", options->name, "Name of a load test, which gets a report");
    command->add_option("--expected-load", options->expected_load,
                        "What the load test should reach, for its report");
    add_thresholds(*command, options->thresholds);
    command->add_flag("--json", options->json,
                      "Print a JSON object for each sample; of a load test its report");
    command->add_flag("--running", options->running,
                      "With --json: print at each sample, and at the end, what the run comes to so "
                      "far: its summary, and of a load test its report");
    command->add_option("--out", options->out,
                        "File that gets summary and samples as JSON; of a load test its report");
    command->add_option("--export", options->export_at,
                        "[HOST:]PORT that serves the last sample to Prometheus at /metrics");
    command->add_flag("--export-to-others", options->export_to_others,
                      "HOST need not be this machine's loopback");
    add_grafana_options(*command, options->grafana);
    command->callback([options, &exit_code] {
        const auto result = monitor(*options);
        exit_code = result ? *result : complain("monitor", result.error());
    });
}

}  // namespace cellmon::cli
