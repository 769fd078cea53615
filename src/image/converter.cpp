#include "image/converter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/converter_exit.hpp"

namespace cellmon::image {
namespace {

using Clock = std::chrono::steady_clock;

/// Between two looks whether somebody wants to stop.
constexpr std::chrono::milliseconds kLook{100};

/// More than any image of the largest size.
constexpr std::size_t kMostAnswerBytes = 32U << 20U;

class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

tl::unexpected<Error> no_room(const char* what) {
    return fail(ErrorCode::unavailable, std::string("cannot start the reader of images: ") + what +
                                            ": " + std::strerror(errno));
}

/// A file in memory that holds the image, read from its beginning.
Result<Descriptor> file_of(std::string_view bytes) {
    Descriptor file(::memfd_create("image", MFD_CLOEXEC));
    if (file.number() < 0) return no_room("memfd_create");
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return no_room("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(file.number(), 0, SEEK_SET) != 0) return no_room("lseek");
    return file;
}

/// Gets the image and the pipe, and nothing else of this process: no file, no socket, no variable,
/// no blocked signal.
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

    Result<pid_t> run(const std::string& program, int image, int pipe) {
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        ::posix_spawn_file_actions_adddup2(&actions_, image, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, pipe, STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        std::string name = "cellmon";
        std::string argument(kConverterArgument);
        std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
        std::array<char*, 1> environment{nullptr};
        pid_t child = 0;
        errno = ::posix_spawn(&child, program.c_str(), &actions_, &attributes_, arguments.data(),
                              environment.data());
        if (errno != 0) return no_room("posix_spawn");
        return child;
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

    /// As waitpid() tells it.
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
std::optional<std::string> listen(int pipe, Clock::time_point deadline,
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
        if (said.size() > kMostAnswerBytes) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Result<std::string> Converter::convert(std::string_view bytes) {
    const Clock::time_point deadline = Clock::now() + timeout_;
    CELLMON_TRY_ASSIGN(Descriptor file, file_of(bytes));
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return no_room("pipe2");
    Descriptor from(ends[0]);
    Descriptor to(ends[1]);
    CELLMON_TRY_ASSIGN(const pid_t number, Spawn().run(program_, file.number(), to.number()));
    Child child(number);
    to.close();  // Else nobody would hear of the end.
    auto said = listen(from.number(), deadline, stopped_);
    if (stopped_) return fail(ErrorCode::unavailable, "the server stops");
    if (!said) return fail(ErrorCode::limit, "it takes too long to read the image");
    const int status = child.wait();
    if (WIFEXITED(status) && WEXITSTATUS(status) == kConverted) return std::move(*said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kRefused) {
        return fail(ErrorCode::invalid, std::move(*said));
    }
    return fail(ErrorCode::corrupt, "the process that read it died of it");
}

}  // namespace cellmon::image
