#include "harness/monitor/proc_reader.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

namespace cellmon::harness::monitor {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
Result<T> known(std::optional<T> value, std::string_view path) {
    if (value) return *value;
    return fail(ErrorCode::unavailable, fmt::format("{} cannot be read here", path));
}

/// Names below `folder`; none where this user may not look.
std::vector<fs::path> entries_of(const std::string& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        entries.push_back(entry->path());
    }
    return entries;
}

bool holds_a_socket(pid_t pid, const std::set<std::string>& sockets) {
    const auto descriptors = entries_of(fmt::format("/proc/{}/fd", pid));
    return std::any_of(descriptors.begin(), descriptors.end(), [&](const fs::path& descriptor) {
        std::error_code error;
        return sockets.contains(fs::read_symlink(descriptor, error).string());
    });
}

}  // namespace

Result<HostTicks> ProcReader::host_ticks() const {
    return known(parse_host_ticks(text_of("/proc/stat")), "/proc/stat");
}

Result<HostMemory> ProcReader::host_memory() const {
    return known(parse_host_memory(text_of("/proc/meminfo")), "/proc/meminfo");
}

Result<std::vector<Traffic>> ProcReader::disks() const {
    auto disks = parse_disks(text_of("/proc/diskstats"));
    std::erase_if(disks, [](const Traffic& disk) {
        std::error_code error;
        return !fs::exists(fmt::format("/sys/block/{}/device", disk.device), error);
    });
    if (disks.empty()) return fail(ErrorCode::unavailable, "no disk can be seen from here");
    return disks;
}

Result<Traffic> ProcReader::network() const {
    const auto interfaces = parse_interfaces(text_of("/proc/net/dev"));
    if (interfaces.empty())
        return fail(ErrorCode::unavailable, "/proc/net/dev cannot be read here");
    return sum_of(interfaces);
}

ProcessTable ProcReader::processes() const {
    ProcessTable table;
    for (const fs::path& entry : entries_of("/proc")) {
        const std::string name = entry.filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (const auto process = parse_process(text_of(entry / "stat")))
            table[process->pid] = *process;
    }
    return table;
}

std::optional<ProcessPages> ProcReader::pages(pid_t pid) const {
    return parse_pages(text_of(fmt::format("/proc/{}/statm", pid)));
}

std::vector<pid_t> ProcReader::listening_on(std::uint16_t port, const ProcessTable& table) const {
    std::set<std::string> sockets;
    for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        for (const auto inode : listening_inodes(text_of(file), port))
            sockets.insert(fmt::format("socket:[{}]", inode));
    }
    std::vector<pid_t> found;
    if (sockets.empty()) return found;
    for (const auto& [pid, process] : table) {
        if (holds_a_socket(pid, sockets)) found.push_back(pid);
    }
    return found;
}

std::vector<pid_t> ProcReader::with_command(std::string_view text,
                                            const ProcessTable& table) const {
    std::set<pid_t> own;
    for (auto self = table.find(getpid()); self != table.end() && own.insert(self->first).second;
         self = table.find(self->second.parent)) {
    }
    std::vector<pid_t> found;
    for (const auto& [pid, process] : table) {
        if (own.contains(pid)) continue;
        std::string command = text_of(fmt::format("/proc/{}/cmdline", pid));
        std::replace(command.begin(), command.end(), '\0', ' ');
        if (command.find(text) != std::string::npos) found.push_back(pid);
    }
    return found;
}

}  // namespace cellmon::harness::monitor
