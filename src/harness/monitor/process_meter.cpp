#include "harness/monitor/process_meter.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace cellmon::harness::monitor {
namespace {

constexpr double kBytesInMegabyte = 1e6;

std::string missing(const Watch& watch) {
    if (watch.port != 0) {
        return fmt::format(
            "{}: nobody listens on port {} whose process this user may look at (--pid {}=PID)",
            watch.name, watch.port, watch.name);
    }
    if (!watch.command.empty()) {
        return fmt::format("{}: no process has {} in its command line", watch.name, watch.command);
    }
    return fmt::format("{}: the process {} has ended", watch.name, watch.pid);
}

/// Those whose parent is not among them.
std::vector<pid_t> heads_of(const std::vector<pid_t>& pids, const ProcessTable& table) {
    const std::set<pid_t> all(pids.begin(), pids.end());
    std::vector<pid_t> heads;
    for (const pid_t pid : pids) {
        const ProcessStat& process = table.at(pid);
        if (!all.contains(process.parent) && !process.ended()) heads.push_back(pid);
    }
    return heads;
}

/// Of a part, or why there is no sum.
Reading sum_of(const std::vector<ProcessReading>& processes, Reading ProcessReading::* reading) {
    double sum = 0;
    for (const ProcessReading& process : processes) {
        const Reading& one = process.*reading;
        if (!one.value) return one;
        sum += *one.value;
    }
    return Reading::of(sum);
}

}  // namespace

ProcessMeter::ProcessMeter(std::vector<Watch> parts, const std::vector<pid_t>& generators,
                           const ProcReader& reader, const Clock& clock)
    : reader_(reader), clock_(clock) {
    for (Watch& watch : parts)
        parts_.push_back({std::move(watch), {}, {}});
    for (const pid_t pid : generators)
        generators_.push_back({{"generator", pid, 0, {}}, {}, {}});
}

void ProcessMeter::find(Part& part, const ProcessTable& table) const {
    const auto lives = [&](const Root& root) {
        const auto found = table.find(root.pid);
        return found != table.end() && !found->second.ended() &&
               found->second.start_ticks == root.start_ticks;
    };
    const bool known = !part.roots.empty();
    if (known && std::all_of(part.roots.begin(), part.roots.end(), lives)) return;
    part.roots.clear();
    part.ticks.reset();
    std::vector<pid_t> found;
    if (part.watch.port != 0) {
        found = reader_.listening_on(part.watch.port, table);
    } else if (!part.watch.command.empty()) {
        found = reader_.with_command(part.watch.command, table);
    } else if (!known && table.contains(part.watch.pid)) {
        // Another process may get the number of one that has ended.
        found.push_back(part.watch.pid);
    }
    for (const pid_t pid : heads_of(found, table))
        part.roots.push_back({pid, table.at(pid).start_ticks});
}

ProcessReading ProcessMeter::read_part(Part& part, const Look& look) const {
    ProcessReading reading;
    reading.name = part.watch.name;
    std::vector<pid_t> family;
    for (const Root& root : part.roots) {
        const auto more = family_of(look.table, root.pid, look.apart);
        family.insert(family.end(), more.begin(), more.end());
    }
    if (family.empty()) {
        reading.cpu_percent = reading.memory_mb = Reading::none(missing(part.watch));
        return reading;
    }
    reading.pid = family.front();
    const std::uint64_t ticks = ticks_of(look.table, family);
    if (part.ticks && look.possible_ticks > 0) {
        const auto used = static_cast<double>(ticks - std::min(ticks, *part.ticks));
        reading.cpu_percent = Reading::of(used / look.possible_ticks * 100);
    } else {
        reading.cpu_percent = Reading::none(part.watch.name + ": has just been found");
    }
    part.ticks = ticks;
    std::vector<ProcessPages> pages;
    for (const pid_t pid : family) {
        if (const auto one = reader_.pages(pid)) pages.push_back(*one);
    }
    const auto bytes =
        static_cast<double>(pages_of(pages)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    reading.memory_mb = Reading::of(bytes / kBytesInMegabyte);
    return reading;
}

void ProcessMeter::read_generators(Sample& sample, const Look& look) {
    std::vector<ProcessReading> readings;
    for (Part& generator : generators_)
        readings.push_back(read_part(generator, look));
    sample[Metric::generator_cpu] = generators_.empty()
                                        ? Reading::none("no --generator was named")
                                        : sum_of(readings, &ProcessReading::cpu_percent);
}

void ProcessMeter::read(Sample& sample) {
    if (parts_.empty() && generators_.empty()) {
        sample[Metric::generator_cpu] = Reading::none("no --generator was named");
        return;
    }
    Look look;
    look.table = reader_.processes();
    const std::int64_t now_us = clock_.steady_us();
    const double seconds = static_cast<double>(now_us - read_at_us_) / 1e6;
    look.possible_ticks = seconds * static_cast<double>(sysconf(_SC_CLK_TCK)) *
                          static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
    read_at_us_ = now_us;
    for (auto* parts : {&parts_, &generators_}) {
        for (Part& part : *parts) {
            find(part, look.table);
            for (const Root& root : part.roots)
                look.apart.insert(root.pid);
        }
    }
    for (Part& part : parts_) {
        sample.processes.push_back(read_part(part, look));
        const ProcessReading& reading = sample.processes.back();
        if (reading.pid == 0)
            sample.troubles.push_back({Status::warning, reading.memory_mb.reason});
    }
    read_generators(sample, look);
}

void fill_totals(Sample& sample, std::optional<HostMemory> memory) {
    Reading& cpu = sample[Metric::cpu_percent];
    Reading& used_mb = sample[Metric::memory_mb];
    if (sample.processes.empty()) {
        cpu = sample[Metric::host_cpu];
        const auto& generator = sample[Metric::generator_cpu].value;
        if (cpu.value && generator) cpu.value = std::max(0.0, *cpu.value - *generator);
        used_mb =
            memory
                ? Reading::of(static_cast<double>(memory->total_bytes - memory->available_bytes) /
                              kBytesInMegabyte)
                : sample[Metric::host_memory];
    } else {
        cpu = sum_of(sample.processes, &ProcessReading::cpu_percent);
        used_mb = sum_of(sample.processes, &ProcessReading::memory_mb);
    }
    Reading& share = sample[Metric::memory_percent];
    if (!used_mb.value) {
        share = Reading::none(used_mb.reason);
    } else if (memory) {
        share = Reading::of(*used_mb.value * kBytesInMegabyte /
                            static_cast<double>(memory->total_bytes) * 100);
    } else {
        share = Reading::none(sample[Metric::host_memory].reason);
    }
}

}  // namespace cellmon::harness::monitor
