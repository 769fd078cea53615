#include "harness/monitor/proc_files.hpp"

#include <algorithm>
#include <charconv>

namespace cellmon::harness::monitor {
namespace {

template <typename T>
std::optional<T> parse_number(std::string_view text, int base = 10) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string_view> words_of(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\n";
    std::vector<std::string_view> words;
    for (auto from = line.find_first_not_of(kBlanks); from != std::string_view::npos;) {
        const auto to = std::min(line.find_first_of(kBlanks, from), line.size());
        words.push_back(line.substr(from, to - from));
        from = line.find_first_not_of(kBlanks, to);
    }
    return words;
}

/// Calls `take` with each line.
template <typename Take>
void each_line(std::string_view text, Take take) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        take(line);
    }
}

}  // namespace

std::optional<HostTicks> parse_host_ticks(std::string_view stat) {
    constexpr std::size_t kColumns = 8;  // Up to `steal`; what follows is counted in these already.
    constexpr std::size_t kIdle = 3;
    constexpr std::size_t kIoWait = 4;
    HostTicks ticks;
    bool found = false;
    each_line(stat, [&](std::string_view line) {
        if (!line.starts_with("cpu")) return;
        const auto words = words_of(line);
        if (words[0] != "cpu") {
            ++ticks.cores;
            return;
        }
        if (words.size() <= kColumns) return;
        for (std::size_t i = 0; i < kColumns; ++i) {
            const auto value = parse_number<std::uint64_t>(words[i + 1]);
            if (!value) return;
            ticks.total += *value;
            if (i != kIdle && i != kIoWait) ticks.busy += *value;
        }
        found = true;
    });
    if (!found || ticks.cores == 0) return std::nullopt;
    return ticks;
}

std::optional<HostMemory> parse_host_memory(std::string_view meminfo) {
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> available;
    each_line(meminfo, [&](std::string_view line) {
        const auto words = words_of(line);
        if (words.size() != 3 || words[2] != "kB") return;
        if (words[0] == "MemTotal:") total = parse_number<std::uint64_t>(words[1]);
        if (words[0] == "MemAvailable:") available = parse_number<std::uint64_t>(words[1]);
    });
    if (!total || !available || *total == 0) return std::nullopt;
    return HostMemory{*total * 1024, *available * 1024};
}

Traffic sum_of(const std::vector<Traffic>& devices) {
    Traffic sum;
    for (const Traffic& device : devices) {
        sum.in_bytes += device.in_bytes;
        sum.out_bytes += device.out_bytes;
    }
    return sum;
}

std::vector<Traffic> parse_disks(std::string_view diskstats) {
    constexpr std::uint64_t kSectorBytes = 512;  // Whatever the disk's own sectors are.
    std::vector<Traffic> disks;
    each_line(diskstats, [&](std::string_view line) {
        const auto words = words_of(line);
        if (words.size() < 13) return;
        const auto read = parse_number<std::uint64_t>(words[5]);
        const auto written = parse_number<std::uint64_t>(words[9]);
        const auto busy_ms = parse_number<std::uint64_t>(words[12]);
        if (!read || !written || !busy_ms) return;
        disks.push_back(
            {std::string(words[2]), *read * kSectorBytes, *written * kSectorBytes, *busy_ms});
    });
    return disks;
}

std::vector<Traffic> parse_interfaces(std::string_view net_dev) {
    std::vector<Traffic> interfaces;
    each_line(net_dev, [&](std::string_view line) {
        // A parse_number may follow the colon without a blank.
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return;
        const auto name = words_of(line.substr(0, colon));
        const auto counts = words_of(line.substr(colon + 1));
        if (name.size() != 1 || counts.size() < 9) return;
        const auto received = parse_number<std::uint64_t>(counts[0]);
        const auto sent = parse_number<std::uint64_t>(counts[8]);
        if (received && sent) interfaces.push_back({std::string(name[0]), *received, *sent, 0});
    });
    return interfaces;
}

std::optional<ProcessStat> parse_process(std::string_view stat) {
    // The command stands in brackets and may hold blanks and brackets itself.
    const auto bracket = stat.rfind(')');
    const auto words =
        bracket == std::string_view::npos ? words_of({}) : words_of(stat.substr(bracket + 1));
    constexpr std::size_t kFirstField = 3;  // proc(5) numbers the fields from 1.
    const auto field = [&](std::size_t which) {
        return parse_number<std::uint64_t>(
            which - kFirstField < words.size() ? words[which - kFirstField] : "");
    };
    const auto pid = parse_number<pid_t>(stat.substr(0, std::min(stat.find(' '), stat.size())));
    const auto parent = field(4);
    const auto start = field(22);
    if (!pid || !parent || !start || words[0].size() != 1) return std::nullopt;
    ProcessStat process{*pid, static_cast<pid_t>(*parent), words[0][0], 0, *start};
    for (const std::size_t which : {14U, 15U, 16U, 17U}) {  // utime, stime, cutime, cstime
        const auto ticks = field(which);
        if (!ticks) return std::nullopt;
        process.ticks += *ticks;
    }
    return process;
}

std::optional<ProcessPages> parse_pages(std::string_view statm) {
    const auto words = words_of(statm);
    if (words.size() < 3) return std::nullopt;
    const auto resident = parse_number<std::uint64_t>(words[1]);
    const auto shared = parse_number<std::uint64_t>(words[2]);
    if (!resident || !shared) return std::nullopt;
    return ProcessPages{*resident, *shared};
}

std::vector<std::uint64_t> listening_inodes(std::string_view tcp, std::uint16_t port) {
    constexpr std::string_view kListening = "0A";
    std::vector<std::uint64_t> inodes;
    each_line(tcp, [&](std::string_view line) {
        const auto words = words_of(line);
        if (words.size() < 10 || words[3] != kListening) return;
        const auto colon = words[1].rfind(':');
        if (colon == std::string_view::npos ||
            parse_number<std::uint16_t>(words[1].substr(colon + 1), 16) != port) {
            return;
        }
        if (const auto inode = parse_number<std::uint64_t>(words[9])) inodes.push_back(*inode);
    });
    return inodes;
}

}  // namespace cellmon::harness::monitor
