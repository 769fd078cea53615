#include "harness/chaos/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/monitor/proc_reader.hpp"
#include "harness/monitor/process_family.hpp"

namespace cellmon::harness::chaos {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts)
        list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

/// A descriptor that is closed at the end.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    [[nodiscard]] int get() const { return number_; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    int number_;
};

/// All that the child needs, made before the fork: between fork and exec of a program with threads
/// only system calls are safe.
struct Start {
    const char* program;
    char* const* arguments;
    char* const* environment;
    const char* directory;
    int input;
    int output;
    int complaint;  ///< Gets errno and the number of the step when something fails.
    const passwd* user;
    int death_signal;
    pid_t parent;
};

enum class StepOfStart : int { group, death, directory, user, exec };

const char* words_of(StepOfStart step) {
    switch (step) {
        case StepOfStart::group:
            return "setpgid";
        case StepOfStart::death:
            return "prctl";
        case StepOfStart::directory:
            return "chdir";
        case StepOfStart::user:
            return "setuid";
        case StepOfStart::exec:
            return "exec";
    }
    return "";
}

[[noreturn]] void complain(const Start& start, StepOfStart step) {
    const std::array<int, 2> words{errno, static_cast<int>(step)};
    [[maybe_unused]] const auto written = ::write(start.complaint, words.data(), sizeof words);
    ::_exit(127);
}

[[noreturn]] void run_child(const Start& start) {
    if (::setpgid(0, 0) != 0) complain(start, StepOfStart::group);
    ::dup2(start.input, STDIN_FILENO);
    ::dup2(start.output, STDOUT_FILENO);
    ::dup2(start.output, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (start.user != nullptr &&
        (::setgroups(0, nullptr) != 0 || ::setgid(start.user->pw_gid) != 0 ||
         ::setuid(start.user->pw_uid) != 0)) {
        complain(start, StepOfStart::user);
    }
    // Behind setuid(), which takes it back.
    if (start.death_signal != 0) {
        if (::prctl(PR_SET_PDEATHSIG, start.death_signal) != 0) complain(start, StepOfStart::death);
        if (::getppid() != start.parent) ::_exit(127);  // It has ended meanwhile.
    }
    if (::chdir(start.directory) != 0) complain(start, StepOfStart::directory);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::execvpe(start.program, start.arguments, start.environment);
    complain(start, StepOfStart::exec);
}

Result<const passwd*> user_of(const ProcessSpec& spec) {
    if (spec.user.empty() || ::geteuid() != 0) return nullptr;
    errno = 0;
    const passwd* user = ::getpwnam(spec.user.c_str());
    if (user == nullptr) {
        return fail(ErrorCode::not_found, fmt::format("{} runs as the user {}, who does not exist",
                                                      spec.name, spec.user));
    }
    return user;
}

Result<std::array<int, 2>> pipe_of_input(const ProcessSpec& spec) {
    std::array<int, 2> ends{-1, -1};
    if (spec.input.size() > ProcessSpec::kMaxInput)
        return fail(ErrorCode::limit, spec.name + ": the input is too long");
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(error_from_errno(errno, "pipe2"));
    if (::write(ends[1], spec.input.data(), spec.input.size()) !=
        static_cast<ssize_t>(spec.input.size())) {
        const Error error = error_from_errno(errno, "write to a pipe");
        ::close(ends[0]);
        ::close(ends[1]);
        return fail(error);
    }
    return ends;
}

}  // namespace

Process::~Process() {
    if (!spec_.outlives_us) kill();
}

Result<void> Process::start() {
    if (is_running()) return fail(ErrorCode::already_exists, spec_.name + " runs already");
    CELLMON_TRY_ASSIGN(const passwd* const user, user_of(spec_));
    CELLMON_TRY_ASSIGN(const auto input, pipe_of_input(spec_));
    Descriptor input_end(input[0]);
    Descriptor(input[1]).close();
    const std::string log = spec_.log.empty() ? "/dev/null" : spec_.log;
    Descriptor output(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (output.get() < 0) return fail(error_from_errno(errno, log));
    std::array<int, 2> complaint{-1, -1};
    if (::pipe2(complaint.data(), O_CLOEXEC) != 0) return fail(error_from_errno(errno, "pipe2"));
    Descriptor heard(complaint[0]);
    Descriptor said(complaint[1]);

    auto arguments = pointers(spec_.command);
    auto environment = pointers(spec_.environment);
    const Start start{spec_.command.front().c_str(),
                      arguments.data(),
                      environment.data(),
                      spec_.directory.c_str(),
                      input_end.get(),
                      output.get(),
                      said.get(),
                      user,
                      spec_.outlives_us ? 0 : spec_.death_signal,
                      ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0) return fail(error_from_errno(errno, "fork"));
    if (pid == 0) run_child(start);
    pid_ = pid;
    said.close();
    std::array<int, 2> words{};
    if (::read(heard.get(), words.data(), sizeof words) == sizeof words) {
        wait_for_end(std::chrono::seconds(1));
        return fail(ErrorCode::unavailable,
                    fmt::format("{} cannot be started: {} {}", spec_.name,
                                words_of(static_cast<StepOfStart>(words[1])),
                                error_from_errno(words[0], spec_.command.front()).message));
    }
    return {};
}

bool Process::is_running() {
    if (pid_ == 0) return false;
    if (::waitpid(pid_, &status_, WNOHANG) == 0) return true;
    pid_ = 0;
    return false;
}

Result<void> Process::signal(int number) {
    if (!is_running()) return fail(ErrorCode::not_found, spec_.name + " does not run");
    for (const pid_t one : family_of(pid_)) {
        // One of its children may end meanwhile.
        if (::kill(one, number) != 0 && errno != ESRCH)
            return fail(error_from_errno(errno, fmt::format("signal {} to {}", number, one)));
    }
    return {};
}

Result<void> Process::stop(int number, std::chrono::milliseconds patience) {
    if (!is_running()) return {};
    ::kill(pid_, number);
    ::kill(pid_, SIGCONT);
    if (wait_for_end(patience)) return {};
    kill();
    return fail(ErrorCode::unavailable,
                fmt::format("{} did not end within {} s and was killed", spec_.name,
                            std::chrono::duration<double>(patience).count()));
}

void Process::kill() {
    if (!is_running()) return;
    const auto family = family_of(pid_);
    for (const pid_t one : family)
        ::kill(one, SIGKILL);
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
    pid_ = 0;
    // What it had started is waited for by others; a port or a lock is free when it is gone.
    constexpr std::chrono::seconds kPatience{5};
    wait_until(
        [&] {
            return std::all_of(family.begin() + (family.empty() ? 0 : 1), family.end(),
                               [](pid_t one) { return family_of(one).empty(); });
        },
        kPatience);
}

bool Process::wait_for_end(std::chrono::milliseconds patience) {
    return wait_until([&] { return !is_running(); }, patience);
}

std::string Process::log_tail(std::size_t bytes) const {
    std::ifstream file(spec_.log, std::ios::binary | std::ios::ate);
    if (!file) return {};
    const auto size = static_cast<std::size_t>(file.tellg());
    const std::size_t from = size > bytes ? size - bytes : 0;
    file.seekg(static_cast<std::streamoff>(from));
    std::string text(size - from, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::vector<std::string> all;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("CELLMON_")) all.emplace_back(*entry);
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::vector<pid_t> family_of(pid_t root) {
    const monitor::ProcReader reader;
    auto table = reader.processes();
    const auto found = table.find(root);
    if (found == table.end() || found->second.ended()) return {};
    auto family = monitor::family_of(table, root, {});
    std::stable_partition(family.begin(), family.end(), [&](pid_t one) { return one == root; });
    return family;
}

}  // namespace cellmon::harness::chaos
