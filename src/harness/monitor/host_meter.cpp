#include "harness/monitor/host_meter.hpp"

#include <algorithm>

namespace cellmon::harness::monitor {
namespace {

constexpr const char* kFirst = "a rate needs two samples";

/// Megabytes a second.
Reading rate(std::uint64_t before, std::uint64_t after, double seconds) {
    // A device that went away takes what it had counted with it.
    if (after < before || seconds <= 0) return Reading::none("a device has gone");
    return Reading::of(static_cast<double>(after - before) / 1e6 / seconds);
}

void read_traffic(const Result<Traffic>& now, std::optional<Traffic>& before, double seconds,
                  Reading& in, Reading& out) {
    if (!now) {
        in = out = Reading::none(now.error().message);
        before.reset();
        return;
    }
    in = before ? rate(before->in_bytes, now->in_bytes, seconds) : Reading::none(kFirst);
    out = before ? rate(before->out_bytes, now->out_bytes, seconds) : Reading::none(kFirst);
    before = *now;
}

}  // namespace

void HostMeter::read_cpu(Sample& sample) {
    const auto now = reader_.host_ticks();
    Reading& cpu = sample[Metric::host_cpu];
    if (!now) {
        cpu = Reading::none(now.error().message);
        ticks_.reset();
        return;
    }
    if (!ticks_ || now->total <= ticks_->total) {
        cpu = Reading::none(kFirst);
    } else {
        const auto busy = static_cast<double>(now->busy - std::min(now->busy, ticks_->busy));
        cpu = Reading::of(busy / static_cast<double>(now->total - ticks_->total) * 100);
    }
    ticks_ = *now;
}

void HostMeter::read_disks(Sample& sample, double seconds) {
    const auto disks = reader_.disks();
    read_traffic(disks.map(sum_of), disks_, seconds, sample[Metric::disk_read],
                 sample[Metric::disk_write]);
    Reading& busiest = sample[Metric::disk_busy];
    busiest = Reading::none(disks ? kFirst : disks.error().message);
    for (const Traffic& disk : disks.value_or(std::vector<Traffic>())) {
        const auto before = busy_ms_.find(disk.device);
        if (before != busy_ms_.end() && disk.busy_ms >= before->second && seconds > 0) {
            // Its clock and ours are read one after the other.
            const double share =
                std::min(1.0, static_cast<double>(disk.busy_ms - before->second) / 1e3 / seconds);
            busiest = Reading::of(std::max(busiest.value.value_or(0), share * 100));
        }
        busy_ms_[disk.device] = disk.busy_ms;
    }
}

std::optional<HostMemory> HostMeter::read(Sample& sample) {
    const std::int64_t now_us = clock_.steady_us();
    const double seconds = static_cast<double>(now_us - read_at_us_) / 1e6;
    read_at_us_ = now_us;
    read_cpu(sample);
    read_disks(sample, seconds);
    read_traffic(reader_.network(), network_, seconds, sample[Metric::network_in],
                 sample[Metric::network_out]);
    const auto memory = reader_.host_memory();
    if (!memory) {
        sample[Metric::host_memory] = Reading::none(memory.error().message);
        return std::nullopt;
    }
    sample[Metric::host_memory] =
        Reading::of(static_cast<double>(memory->total_bytes - memory->available_bytes) /
                    static_cast<double>(memory->total_bytes) * 100);
    return *memory;
}

}  // namespace cellmon::harness::monitor
