#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

#include "harness/chaos/handles.hpp"
#include "harness/monitor/proc_reader.hpp"

namespace cellmon::harness::chaos {
namespace {

constexpr std::chrono::seconds kStopPatience{30};

bool is_of_process(Action action) {
    switch (action) {
        case Action::kill:
        case Action::restart:
        case Action::stop:
        case Action::go_on:
        case Action::start:
            return true;
        default:
            return false;
    }
}

std::optional<monitor::ProcessStat> stat_of(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    return monitor::parse_process(text);
}

/// Texts that end with NUL each, as /proc has them.
std::vector<std::string> texts_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::string> texts;
    for (std::string text; std::getline(file, text, '\0');)
        texts.push_back(text);
    return texts;
}

}  // namespace

bool ProcessHandle::takes(Action action) const {
    return is_of_process(action);
}

Result<void> ProcessHandle::start() {
    if (!process_.is_running()) {
        before_start_();
        CELLMON_TRY(process_.start());
        CELLMON_TRY(ready_());
    }
    killed_ = false;
    stopped_ = false;
    return {};
}

Result<std::string> ProcessHandle::act(const Step& step) {
    const pid_t pid = process_.pid();
    switch (step.action) {
        case Action::kill:
            if (!process_.is_running())
                return fail(ErrorCode::not_found, step.target + " does not run");
            killed_ = true;
            process_.kill();
            return fmt::format("killed process {}", pid);
        case Action::restart: {
            killed_ = true;
            CELLMON_TRY(process_.stop(SIGTERM, kStopPatience));
            CELLMON_TRY(start());
            return fmt::format("ended process {} and started {}", pid, process_.pid());
        }
        case Action::stop:
            stopped_ = true;
            CELLMON_TRY(process_.signal(SIGSTOP));
            return fmt::format("stopped process {}", pid);
        case Action::go_on:
            CELLMON_TRY(process_.signal(SIGCONT));
            stopped_ = false;
            return fmt::format("let process {} go on", pid);
        default:
            CELLMON_TRY(start());
            return fmt::format("started process {}", process_.pid());
    }
}

Result<void> ProcessHandle::restore() {
    if (stopped_ && process_.is_running()) CELLMON_TRY(process_.signal(SIGCONT));
    stopped_ = false;
    return killed_ ? start() : Result<void>();
}

Result<std::unique_ptr<NamedProcess>> NamedProcess::find(std::string name, pid_t pid) {
    const auto stat = stat_of(pid);
    if (pid <= 0 || !stat || stat->ended())
        return fail(ErrorCode::not_found, fmt::format("{}: there is no process {}", name, pid));
    if (::kill(pid, 0) != 0)
        return fail(ErrorCode::permission,
                    fmt::format("{}: process {} is another user's", name, pid));
    if (pid == ::getpid())
        return fail(ErrorCode::invalid, fmt::format("{}: process {} is this program", name, pid));
    const std::string folder = fmt::format("/proc/{}/", pid);
    std::error_code error;
    ProcessSpec spec;
    spec.name = std::move(name);
    spec.command = texts_of(folder + "cmdline");
    spec.environment = texts_of(folder + "environ");
    spec.directory = std::filesystem::read_symlink(folder + "cwd", error).string();
    const auto program = std::filesystem::read_symlink(folder + "exe", error).string();
    if (error || spec.command.empty())
        return fail(ErrorCode::permission,
                    fmt::format("{}: how process {} was started cannot be read", spec.name, pid));
    spec.command.front() = program;
    spec.outlives_us = true;
    return std::unique_ptr<NamedProcess>(new NamedProcess(std::move(spec), pid, stat->start_ticks));
}

bool NamedProcess::takes(Action action) const {
    return is_of_process(action);
}

bool NamedProcess::is_running() const {
    const auto stat = stat_of(pid_);
    return stat && !stat->ended() && stat->start_ticks == start_ticks_;
}

Result<void> NamedProcess::signal(int number) const {
    if (!is_running()) return fail(ErrorCode::not_found, fmt::format("process {} has ended", pid_));
    for (const pid_t one : family_of(pid_)) {
        if (::kill(one, number) != 0 && errno != ESRCH)
            return fail(error_from_errno(errno, fmt::format("signal {} to {}", number, one)));
    }
    return {};
}

Result<void> NamedProcess::end(int number) {
    if (number == SIGKILL) {
        CELLMON_TRY(signal(number));
    } else {
        if (!is_running())
            return fail(ErrorCode::not_found, fmt::format("process {} has ended", pid_));
        ::kill(pid_, number);
        ::kill(pid_, SIGCONT);
    }
    // Asking for the end of a successor keeps it from staying as a zombie.
    if (wait_until([&] { return !successor_.is_running() && !is_running(); }, kStopPatience))
        return {};
    return fail(ErrorCode::unavailable, fmt::format("process {} did not end", pid_));
}

Result<void> NamedProcess::start() {
    if (!is_running()) {
        CELLMON_TRY(successor_.start());
        pid_ = successor_.pid();
        const auto stat = stat_of(pid_);
        start_ticks_ = stat ? stat->start_ticks : 0;
    }
    killed_ = false;
    stopped_ = false;
    return {};
}

Result<std::string> NamedProcess::act(const Step& step) {
    const pid_t before = pid_;
    switch (step.action) {
        case Action::kill:
            CELLMON_TRY(end(SIGKILL));
            killed_ = true;
            return fmt::format("killed process {}", before);
        case Action::restart:
            CELLMON_TRY(end(SIGTERM));
            killed_ = true;
            CELLMON_TRY(start());
            return fmt::format("ended process {} and started {}", before, pid_);
        case Action::stop:
            stopped_ = true;
            CELLMON_TRY(signal(SIGSTOP));
            return fmt::format("stopped process {}", before);
        case Action::go_on:
            CELLMON_TRY(signal(SIGCONT));
            stopped_ = false;
            return fmt::format("let process {} go on", before);
        default:
            CELLMON_TRY(start());
            return fmt::format("started process {}", pid_);
    }
}

Result<void> NamedProcess::restore() {
    if (stopped_ && is_running()) CELLMON_TRY(signal(SIGCONT));
    stopped_ = false;
    return killed_ ? start() : Result<void>();
}

}  // namespace cellmon::harness::chaos
