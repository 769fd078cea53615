#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "base/result.hpp"

namespace cellmon::harness::chaos {

/// How a process is started.
struct ProcessSpec {
    std::string name;                      ///< For a person: `server`.
    std::vector<std::string> command;      ///< Program, looked for in PATH, and its arguments.
    std::vector<std::string> environment;  ///< `NAME=VALUE`, all of it.
    std::string input;                     ///< What it reads from its input; at most 32 KiB.
    std::string directory = "/";           ///< Where it runs.
    std::string log;                       ///< File that its output goes behind; empty: nowhere.
    std::string user;            ///< Runs as this user where this program is root; empty: as we.
    int death_signal = SIGKILL;  ///< What it gets when this program ends without a word.
    bool outlives_us = false;    ///< No death signal, and the destructor leaves it alone.

    static constexpr std::size_t kMaxInput = 32U << 10U;
};

/// A process that this program started and answers for: in a process group of its own, so that a
/// Ctrl-C at the terminal does not reach it, and ended when this program ends, however it does.
///
/// The kernel sends the death signal when the *thread* that started the process ends: start it from
/// one that stays. One thread.
class Process {
  public:
    explicit Process(ProcessSpec spec) : spec_(std::move(spec)) {}
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// ErrorCode::already_exists when it runs, unavailable when the program cannot be started.
    Result<void> start();
    /// False once it has ended by itself, too.
    [[nodiscard]] bool is_running();
    /// 0 when it was not started or its end was seen.
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// How it ended the last time, as waitpid() has it.
    [[nodiscard]] int last_status() const { return status_; }

    /// To it and to all that it has started. ErrorCode::not_found when it does not run.
    Result<void> signal(int number);
    /// Sends `number` to it alone and waits for its end; behind `patience` kills all of it, which
    /// is ErrorCode::unavailable. Nothing to do is no error.
    Result<void> stop(int number, std::chrono::milliseconds patience);
    /// kill -9 of it and of all that it has started, and waits for its end.
    void kill();

    [[nodiscard]] const ProcessSpec& spec() const { return spec_; }
    /// For the next start.
    [[nodiscard]] ProcessSpec& spec() { return spec_; }
    /// The end of its log.
    [[nodiscard]] std::string log_tail(std::size_t bytes = 2'000) const;

  private:
    bool wait_for_end(std::chrono::milliseconds patience);

    ProcessSpec spec_;
    pid_t pid_ = 0;
    int status_ = 0;
};

/// The environment of this program without the settings of a server under test (`CELLMON_…`), and
/// with `more`, `NAME=VALUE` each.
[[nodiscard]] std::vector<std::string> environment_with(const std::vector<std::string>& more);

/// A process and all that it has started, directly or not, that process first. Empty when it has
/// ended.
[[nodiscard]] std::vector<pid_t> family_of(pid_t root);

/// Waits as long as `condition` is false; true when it came to hold within the time.
template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds patience);

}  // namespace cellmon::harness::chaos

template <typename Condition>
bool cellmon::harness::chaos::wait_until(Condition condition, std::chrono::milliseconds patience) {
    constexpr std::chrono::milliseconds kLook{10};
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(kLook);
    }
    return true;
}
