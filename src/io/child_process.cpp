#include "io/child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cellmon::io {
namespace {

using Clock = std::chrono::steady_clock;

/// Between two looks whether somebody wants to stop.
constexpr std::chrono::milliseconds kLook{100};

tl::unexpected<Error> cannot(const std::string& program, const char* what) {
    return fail(ErrorCode::unavailable,
                "cannot start " + program + ": " + what + ": " + std::strerror(errno));
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (std::string& text : texts)
        list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

class Spawn {
  public:
    Spawn() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
    }
    ~Spawn() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    Result<pid_t> run(const ChildProcess& child, int pipe) {
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        if (child.input >= 0) {
            ::posix_spawn_file_actions_adddup2(&actions_, child.input, STDIN_FILENO);
        } else {
            ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        }
        ::posix_spawn_file_actions_adddup2(&actions_, pipe, STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        if (!child.directory.empty()) {
            ::posix_spawn_file_actions_addchdir_np(&actions_, child.directory.c_str());
        }
        std::vector<std::string> arguments = child.arguments;
        std::vector<std::string> environment = child.environment;
        auto argument_list = pointers(arguments);
        auto environment_list = pointers(environment);
        const auto spawn = child.look_in_path ? ::posix_spawnp : ::posix_spawn;
        pid_t number = 0;
        errno = spawn(&number, child.program.c_str(), &actions_, &attributes_, argument_list.data(),
                      environment_list.data());
        if (errno != 0) return cannot(child.program, "posix_spawn");
        return number;
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// The child, which does not outlive this object.
class Child {
  public:
    explicit Child(pid_t number) : number_(number) {}
    ~Child() {
        if (number_ == 0) return;
        ::kill(number_, SIGKILL);
        wait();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    int wait() {
        int status = 0;
        while (::waitpid(number_, &status, 0) < 0 && errno == EINTR) {
        }
        number_ = 0;
        return status;
    }

  private:
    pid_t number_;
};

/// What the child says until its end; nullopt: too long, or too much.
std::optional<std::string> listen(int pipe, Clock::time_point deadline, std::size_t most_bytes,
                                  const std::atomic<bool>& stopped) {
    std::string said;
    std::array<char, 65'536> buffer;
    while (!stopped) {
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (rest.count() <= 0) return std::nullopt;
        pollfd ready{pipe, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(std::min(rest, kLook).count())) <= 0) continue;
        const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return said;
        said.append(buffer.data(), static_cast<std::size_t>(got));
        if (said.size() > most_bytes) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

void Descriptor::close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<ChildAnswer> run_child(const ChildProcess& process, const ChildLimits& limits,
                              const std::atomic<bool>& stopped) {
    const Clock::time_point deadline = Clock::now() + limits.timeout;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot(process.program, "pipe2");
    Descriptor from(ends[0]);
    Descriptor to(ends[1]);
    CELLMON_TRY_ASSIGN(const pid_t number, Spawn().run(process, to.number()));
    Child child(number);
    to.close();  // Else nobody would hear of the end.
    auto said = listen(from.number(), deadline, limits.answer_bytes, stopped);
    if (stopped) return fail(ErrorCode::unavailable, "the server stops");
    if (!said) {
        return fail(ErrorCode::limit, process.program + " takes too long or says too much");
    }
    return ChildAnswer{std::move(*said), child.wait()};
}

}  // namespace cellmon::io
