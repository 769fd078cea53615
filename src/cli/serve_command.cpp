#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "config/load.hpp"
#include "io/file_system.hpp"
#include "server/follower.hpp"
#include "server/server.hpp"
#include "telemetry/log.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kServeFooter = R"(Examples:
  cellmon serve
  cellmon serve --data /var/lib/cellmon --listen 127.0.0.1:9000
  CELLMON_LOG_FORMAT=json cellmon serve --config /etc/cellmon.toml
  cellmon serve --redis redis://localhost
  cellmon serve --follow redis://localhost --data ./follower --listen 127.0.0.1:8001

Stops on SIGTERM and Ctrl-C. docs/reference/configuration.md lists every setting.
Exit status: 0 stopped on request · 2 wrong arguments or configuration · 3 the machine does not let it (port taken, folder in use, no permission) · 4 it had to stop by itself, because a disk failed)";

int report_serve(const Error& error) {
    fmt::print(stderr, "cellmon serve: {}\n", error.message);
    return error.code == ErrorCode::invalid ? kExitUsage : kExitEnvironment;
}

/// As many connections as the machine allows: the soft limit of open files is often 1,024.
void raise_open_files_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Bodies, groups and batches go back to the machine when they are done with. glibc raises its
/// threshold with each that it frees, and then keeps them in one heap for each thread: a third of
/// the server's memory, measured after a million events.
void return_large_blocks() {
#ifdef __GLIBC__
    constexpr int kBytes = 128 * 1024;  // Where it begins; set by hand it stays.
    ::mallopt(M_MMAP_THRESHOLD, kBytes);
    ::mallopt(M_TRIM_THRESHOLD, kBytes);
#endif
}

/// Which the process sends to itself.
constexpr int kBeginAnew = SIGUSR1;
constexpr std::chrono::seconds kBetweenBeginnings{5};

/// The signals that end the server, blocked in all threads and waited for by one.
sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

int wait_for(const sigset_t& signals) {
    int signal = 0;
    sigwait(&signals, &signal);
    return signal;
}

/// Waits until then; whether a signal to stop came first.
bool stopped_before(const sigset_t& signals, std::chrono::steady_clock::time_point then) {
    using std::chrono::nanoseconds;
    while (true) {
        const nanoseconds rest = then - std::chrono::steady_clock::now();
        if (rest <= nanoseconds::zero()) return false;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
        const timespec wait{seconds.count(), (rest - seconds).count()};
        const int signal = ::sigtimedwait(&signals, nullptr, &wait);
        if (signal > 0 && signal != kBeginAnew) return true;
    }
}

/// A server that is asked for an erasure is replaced by one that begins with it, on the same port.
int lead(config::Config config, telemetry::Log& log, const sigset_t& signals) {
    while (true) {
        auto server = server::Server::start(config, log, [] { ::kill(::getpid(), kBeginAnew); });
        if (!server) return report_serve(server.error());

        std::atomic<bool> failed{false};
        (*server)->on_failure([&failed](const std::string&) {
            failed = true;
            ::kill(::getpid(), SIGTERM);
        });
        config.listen.port = (*server)->port();
        log.info("listening on {}", (*server)->url());
        const bool begins_anew = wait_for(signals) == kBeginAnew && !failed;
        if (!failed) log.info("{}", begins_anew ? "pausing" : "stopping");
        server->reset();
        if (failed) return kExitFailure;
        if (!begins_anew) return kExitOk;
    }
}

/// A follower that cannot go on from where it is is replaced by one that begins anew, on the same
/// port.
int follow(config::Config config, telemetry::Log& log, const sigset_t& signals) {
    using Steady = std::chrono::steady_clock;
    while (true) {
        const auto began = Steady::now();
        auto follower =
            server::Follower::start(config, log, [] { ::kill(::getpid(), kBeginAnew); });
        if (!follower) return report_serve(follower.error());
        config.listen.port = (*follower)->port();
        log.info("listening on {}", (*follower)->url());
        if (wait_for(signals) != kBeginAnew) break;
        // What cannot begin well is not to begin without end; until then the old picture is shown.
        if (stopped_before(signals, began + kBetweenBeginnings)) break;
        log.info("the stream has gone on without us, or another server leads: beginning anew");
    }
    log.info("stopping");
    return kExitOk;
}

int serve(const config::Sources& sources) {
    const auto files = io::make_posix_file_system();
    const auto config = config::load(sources, *files);
    if (!config) return report_serve(config.error());

    sigset_t signals = stop_signals();
    sigaddset(&signals, kBeginAnew);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    raise_open_files_limit();
    return_large_blocks();
    telemetry::Log log(config->log);
    return config->follow.empty() ? lead(*config, log, signals) : follow(*config, log, signals);
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("serve", "Run the server");
    command->footer(kServeFooter);
    auto sources = std::make_shared<config::Sources>();
    sources->environment = config::process_environment();
    config::add_options(*command, *sources);
    command->callback([sources, &exit_code] { exit_code = serve(*sources); });
}

}  // namespace cellmon::cli
