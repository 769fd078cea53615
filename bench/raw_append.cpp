// The limit of an append-only log: write + fdatasync of the same bytes, nothing else. Uses nothing
// of src/.
//
//     bench_raw_append DIR GROUP BYTES SECONDS MODE
//
// BYTES is the size of one write. MODE: append (the file grows), fallocate (posix_fallocate of
// 64 MiB ahead), zeros (64 MiB of zeros written and synced ahead). Preparing a file is not
// measured. Prints JSON.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "warm_memory.hpp"

namespace {

constexpr std::size_t kFileBytes = 64U << 20U;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

int prepare(const std::string& path, const std::string& mode) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) fail("open");
    if (mode == "fallocate" && ::posix_fallocate(fd, 0, kFileBytes) != 0) fail("posix_fallocate");
    if (mode == "zeros") {
        const std::vector<char> zeros(1U << 20U);
        for (std::size_t at = 0; at < kFileBytes; at += zeros.size()) {
            if (::pwrite(fd, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0) fail("write");
        }
    }
    if (::fsync(fd) != 0) fail("fsync");
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    const std::string directory = argv[1];
    const auto group = std::strtoul(argv[2], nullptr, 10);
    const auto bytes = std::strtoul(argv[3], nullptr, 10);
    const double seconds = std::strtod(argv[4], nullptr);
    const std::string mode = argv[5];
    const std::vector<char> buffer(bytes, 'x');

    warm_memory(warm_bytes(group));
    std::vector<std::string> files;
    double wall = 0;
    double used = 0;
    std::size_t groups = 0;
    while (wall < seconds) {
        // Each file stays, as segments do: writing again into the memory of a file just removed
        // would be cheaper.
        files.push_back(directory + "/raw." + std::to_string(files.size()));
        const int fd = prepare(files.back(), mode);
        const double begin = now();
        const double cpu_begin = cpu();
        for (std::size_t at = 0; at + bytes <= kFileBytes && now() - begin < seconds - wall;
             at += bytes) {
            if (::pwrite(fd, buffer.data(), bytes, static_cast<off_t>(at)) !=
                static_cast<ssize_t>(bytes)) {
                fail("write");
            }
            if (::fdatasync(fd) != 0) fail("fdatasync");
            ++groups;
        }
        wall += now() - begin;
        used += cpu() - cpu_begin;
        ::close(fd);
    }
    for (const std::string& file : files)
        ::unlink(file.c_str());
    const double events = static_cast<double>(groups * group);
    std::printf("{\"events_per_s\": %.1f, \"cpu_us\": %.4f, \"sync_us\": %.1f}\n", events / wall,
                used / events * 1e6, wall / static_cast<double>(groups) * 1e6);
}
