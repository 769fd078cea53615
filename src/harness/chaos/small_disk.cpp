#include "harness/chaos/small_disk.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cellmon::harness::chaos {
namespace {

dev_t device_or_none(const std::string& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_dev : 0;
}

}  // namespace

Result<std::unique_ptr<SmallDisk>> SmallDisk::create(const std::string& folder,
                                                     std::uint64_t bytes) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::io, fmt::format("{}: {}", folder, error.message()));
    ProcessSpec holder;
    holder.name = "the holder of a small disk";
    holder.log = folder + ".log";
    holder.environment = environment_with({});
    holder.command = {"unshare"};
    if (::geteuid() != 0) holder.command.emplace_back("--map-root-user");
    // Where the root is no mount point, as in a chroot, unshare cannot make the mounts private.
    for (const char* word : {"--mount", "--propagation", "unchanged", "sh", "-c",
                             "mount --make-rprivate / 2>/dev/null; "
                             "mount -t tmpfs -o size=\"$1\" none \"$2\" && exec sleep infinity",
                             "sh"}) {
        holder.command.emplace_back(word);
    }
    holder.command.push_back(std::to_string(bytes));
    holder.command.push_back(folder);
    std::unique_ptr<SmallDisk> disk(new SmallDisk(std::move(holder)));
    CELLMON_TRY(disk->holder_.start());
    const dev_t outside = device_or_none(folder);
    const bool mounted = wait_until(
        [&] {
            const dev_t inside = device_or_none(disk->seen(folder));
            return !disk->holder_.is_running() || (inside != 0 && inside != outside);
        },
        std::chrono::seconds(5));
    if (!mounted || !disk->holder_.is_running()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("no small file system of its own can be made here: {}",
                                disk->holder_.log_tail()));
    }
    return disk;
}

std::vector<std::string> SmallDisk::enter() const {
    std::vector<std::string> words{"nsenter"};
    if (::geteuid() != 0) words.insert(words.end(), {"--user", "--preserve-credentials"});
    // The holder's folder too: nsenter would keep one outside of what the process then sees.
    words.insert(words.end(),
                 {"--target", std::to_string(holder_.pid()), "--mount", "--root", "--wd"});
    return words;
}

std::string SmallDisk::seen(const std::string& path) const {
    return fmt::format("/proc/{}/root{}", holder_.pid(), path);
}

}  // namespace cellmon::harness::chaos
