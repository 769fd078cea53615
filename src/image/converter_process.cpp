// The process that reads one image. It trusts its input with nothing: what it could still do with
// its rights is computing, and writing to one pipe.
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <string>

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "image/converter.hpp"
#include "image/converter_exit.hpp"
#include "image/normalise.hpp"

namespace cellmon::image {
namespace {

constexpr std::size_t kMostInputBytes = 64U << 20U;

void limit([[maybe_unused]] int resource, [[maybe_unused]] rlim_t most) {
    const rlimit both{most, most};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

/// Bounds what it may take of the machine. The largest image takes some 400 MiB.
void bound_resources() {
#ifndef CELLMON_SANITIZED  // Sanitizers map the whole address space.
    limit(RLIMIT_AS, 1'280UL << 20U);
#endif
    limit(RLIMIT_CPU, 60);  // Seconds; whoever waits for it gives up earlier.
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, 0);  // Nothing more is opened.
}

/// From here on every call of the kernel fails but those for memory, the two ends and the end. Old
/// kernels without it leave the other bounds.
void bound_calls() {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == nullptr) return;
    constexpr std::array kAllowed = {
        SCMP_SYS(read),           SCMP_SYS(write),   SCMP_SYS(exit),
        SCMP_SYS(exit_group),     SCMP_SYS(brk),     SCMP_SYS(munmap),
        SCMP_SYS(mremap),         SCMP_SYS(madvise), SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(futex),   SCMP_SYS(getpid),
        SCMP_SYS(gettid),         SCMP_SYS(tgkill),  SCMP_SYS(clock_gettime),
#ifdef CELLMON_SANITIZED
        SCMP_SYS(sigaltstack),  // The address sanitizer asks for the stack at the end.
#endif
    };
    bool good = true;
    for (const int call : kAllowed)
        good = good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    // Memory that can hold no program: the third argument of mmap().
    constexpr scmp_arg_cmp kNotExecutable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
    good = good &&
           seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &kNotExecutable) == 0;
    if (good) static_cast<void>(seccomp_load(filter));
    seccomp_release(filter);
}

std::optional<std::string> read_all() {
    std::string bytes;
    std::array<char, 65'536> buffer;
    while (true) {
        const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        if (bytes.size() > kMostInputBytes) return std::nullopt;
    }
}

bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

int convert() {
    const auto bytes = read_all();
    if (!bytes) return EXIT_FAILURE;
    const auto jpeg = normalised(*bytes);
    if (jpeg) return write_all(*jpeg) ? kConverted : EXIT_FAILURE;
    return write_all(jpeg.error().message) ? kRefused : EXIT_FAILURE;
}

}  // namespace

int run_converter() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    bound_resources();
    bound_calls();
    int status = EXIT_FAILURE;
    try {
        status = convert();
    } catch (const std::exception&) {  // No memory.
    }
    // No destructor, no file: there is nothing left to do that may be done.
    ::_exit(status);
}

}  // namespace cellmon::image
