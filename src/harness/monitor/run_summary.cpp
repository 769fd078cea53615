#include "harness/monitor/run_summary.hpp"

#include <algorithm>

namespace cellmon::harness::monitor {
namespace {

std::optional<bool> below(std::optional<double> value, double bound) {
    return value ? std::optional(*value < bound) : std::nullopt;
}

}  // namespace

Statistics& RunSummary::part(const std::string& name, Statistics Part::* of) {
    auto found = std::find_if(parts_.begin(), parts_.end(),
                              [&](const Part& part) { return part.name == name; });
    if (found == parts_.end()) found = parts_.insert(parts_.end(), Part{name, {}, {}});
    return (*found).*of;
}

void RunSummary::add(Sample sample) {
    ++samples_;
    for (std::size_t i = 0; i < kMetrics; ++i) {
        if (const auto& value = sample.readings[i].value) statistics_[i].add(*value);
    }
    for (const ProcessReading& process : sample.processes) {
        if (const auto& cpu = process.cpu_percent.value)
            part(process.name, &Part::cpu_percent).add(*cpu);
        if (const auto& memory = process.memory_mb.value)
            part(process.name, &Part::memory_mb).add(*memory);
    }
    if (const auto& ms = sample[Metric::response_time].value)
        response_.record(static_cast<std::int64_t>(*ms * 1e3));
    answers_ += sample.answers;
    failures_ += sample.failures;
    health_ = judge(sample, thresholds_);
    ++by_status_[static_cast<std::size_t>(health_.status)];
    if (samples_ == 1 || health_.status > worst_.status) {
        worst_ = health_;
        worst_at_ = sample.at;
    }
    latest_ = std::move(sample);
}

std::optional<double> RunSummary::response_p95_ms() const {
    constexpr double kShare = 0.95;
    if (response_.count() == 0) return std::nullopt;
    return static_cast<double>(response_.quantile_us(kShare)) / 1e3;
}

std::optional<double> RunSummary::error_rate() const {
    return answers_ > 0 ? std::optional(failures_ / answers_) : std::nullopt;
}

bool SuccessCriteria::hold() const {
    return cpu_under_80_percent.value_or(true) && memory_under_4gb.value_or(true) &&
           response_time_under_500ms.value_or(true) && error_rate_under_0_1_percent.value_or(true);
}

SuccessCriteria criteria_of(const RunSummary& run) {
    constexpr double kCpuPercent = 80;
    constexpr double kMemoryMb = 4'000;
    constexpr double kResponseMs = 500;
    constexpr double kErrorRate = 0.001;
    return {below(run.of(Metric::cpu_percent).peak(), kCpuPercent),
            below(run.of(Metric::memory_mb).peak(), kMemoryMb),
            below(run.response_p95_ms(), kResponseMs), below(run.error_rate(), kErrorRate)};
}

}  // namespace cellmon::harness::monitor
