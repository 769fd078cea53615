#include "harness/chaos/handles.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace cellmon::harness::chaos {
namespace {

std::optional<dev_t> device_of(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return found.st_dev;
}

Result<struct statvfs> space_of(const std::string& folder) {
    struct statvfs space{};
    if (::statvfs(folder.c_str(), &space) != 0) return fail(error_from_errno(errno, folder));
    return space;
}

}  // namespace

bool GateHandle::takes(Action action) const {
    switch (action) {
        case Action::refuse:
        case Action::cut:
        case Action::hang:
        case Action::slow:
        case Action::open:
            return true;
        default:
            return false;
    }
}

Result<std::string> GateHandle::act(const Step& step) {
    hurt_ = step.action != Action::open;
    switch (step.action) {
        case Action::refuse:
            gate_.refuse();
            return std::string("refused connections");
        case Action::cut:
            gate_.cut();
            return std::string("reset connections");
        case Action::hang:
            gate_.hang();
            return std::string("let nothing pass");
        case Action::slow: {
            const Gate::Slowness slowness{step.value("latency_ms", 0),
                                          step.value("bytes_per_s", 0)};
            gate_.slow(slowness);
            return slowness.bytes_per_s > 0 ? fmt::format("slowed to {:g} ms and {:g} bytes/s",
                                                          slowness.latency_ms, slowness.bytes_per_s)
                                            : fmt::format("slowed to {:g} ms", slowness.latency_ms);
        }
        default:
            gate_.open();
            break;
    }
    if (!gate_.is_listening())
        return fail(ErrorCode::unavailable,
                    fmt::format("port {} of the gate is another's now", gate_.port()));
    return std::string("opened the gate");
}

Result<void> GateHandle::restore() {
    if (!hurt_) return {};
    Step step;
    step.action = Action::open;
    CELLMON_TRY(act(step));
    return {};
}

Result<void> DiskHandle::may_be_filled() const {
    const auto device = device_of(folder_);
    if (!device) return fail(error_from_errno(errno, folder_));
    for (const std::string& other :
         {std::string("/"), std::string("."), std::filesystem::temp_directory_path().string()}) {
        if (device_of(other) == device) {
            return fail(ErrorCode::unavailable,
                        fmt::format("{} lies on the file system of {}, which others need: only a "
                                    "small one of its own is filled",
                                    folder_, other));
        }
    }
    CELLMON_TRY_ASSIGN(const auto space, space_of(folder_));
    if (space.f_blocks * space.f_frsize > kMostBytes) {
        return fail(
            ErrorCode::unavailable,
            fmt::format("the file system of {} has {} MiB: only one of at most {} is filled",
                        folder_, space.f_blocks * space.f_frsize >> 20U, kMostBytes >> 20U));
    }
    return {};
}

bool DiskHandle::takes(Action action) const {
    return action == Action::fill || action == Action::empty;
}

Result<void> DiskHandle::fill(std::uint64_t leave_bytes) {
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return fail(error_from_errno(errno, filler()));
    filled_ = true;
    Result<void> result;
    for (;;) {
        const auto space = space_of(folder_);
        if (!space) result = fail(space.error());
        const std::uint64_t free = space ? space->f_bavail * space->f_frsize : 0;
        if (free <= leave_bytes) break;
        constexpr std::uint64_t kStepBytes = 1U << 20U;
        const auto step = static_cast<off_t>(std::min(kStepBytes, free - leave_bytes));
        const int error = ::posix_fallocate(file, ::lseek(file, 0, SEEK_END), step);
        // Somebody took it between the two calls.
        if (error == ENOSPC) continue;
        if (error != 0) {
            result = fail(error_from_errno(error, filler()));
            break;
        }
    }
    ::close(file);
    return result;
}

Result<std::string> DiskHandle::act(const Step& step) {
    if (step.action == Action::empty) {
        CELLMON_TRY(restore());
        return std::string("gave the disk's space back");
    }
    CELLMON_TRY(may_be_filled());
    CELLMON_TRY(fill(static_cast<std::uint64_t>(step.value("leave_mb", 0) * 1e6)));
    return std::string("filled the disk");
}

Result<void> DiskHandle::restore() {
    if (!filled_) return {};
    if (::unlink(filler().c_str()) != 0 && errno != ENOENT)
        return fail(error_from_errno(errno, filler()));
    filled_ = false;
    return {};
}

Result<std::vector<std::string>> ClockHandle::environment_for(const std::string& file) {
    constexpr std::array<const char*, 4> kPlaces{
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"};
    for (const char* place : kPlaces) {
        if (!std::filesystem::exists(place)) continue;
        return std::vector<std::string>{fmt::format("LD_PRELOAD={}", place),
                                        fmt::format("FAKETIME_TIMESTAMP_FILE={}", file),
                                        "FAKETIME_DONT_FAKE_MONOTONIC=1",
                                        "FAKETIME_CACHE_DURATION=1",
                                        "FAKETIME_DISABLE_SHM=1",
                                        "DONT_FAKE_MONOTONIC=1"};
    }
    return fail(
        ErrorCode::unavailable,
        "a process's clock is stepped by libfaketime, and the Debian package libfaketime is "
        "not installed; the machine's own clock is not touched, which all share");
}

ClockHandle::ClockHandle(std::string file) : file_(std::move(file)) {
    static_cast<void>(set(0));
}

Result<void> ClockHandle::set(double seconds) {
    std::ofstream file(file_, std::ios::trunc);
    file << fmt::format("{:+.0f}\n", std::round(seconds));
    file.close();
    if (!file) return fail(ErrorCode::io, fmt::format("cannot write {}", file_));
    seconds_ = seconds;
    return {};
}

Result<std::string> ClockHandle::act(const Step& step) {
    const double seconds = step.value("seconds", 0);
    CELLMON_TRY(set(seconds));
    return seconds == 0 ? std::string("set the clock right")
                        : fmt::format("stepped the clock by {:+.0f} s", seconds);
}

Result<void> ClockHandle::restore() {
    return seconds_ == 0 ? Result<void>() : set(0);
}

}  // namespace cellmon::harness::chaos
