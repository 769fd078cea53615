#include "harness/monitor/health.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace cellmon::harness::monitor {
namespace {

struct Rule {
    Metric metric;
    Limit Thresholds::* limit;
    std::string_view name;    ///< As its options begin: `--cpu-warning`.
    std::string_view phrase;  ///< `{}` for the value; the limit follows.
    std::string_view limit_phrase;
    double factor;  ///< From the value to the one that is shown.
};

constexpr Rule kRules[] = {
    {Metric::cpu_percent, &Thresholds::cpu, "cpu", "CPU is at {:.1f} % of all cores", "{:.4g} %",
     1},
    {Metric::memory_percent, &Thresholds::memory, "memory", "memory is at {:.1f} %", "{:.4g} %", 1},
    {Metric::response_time, &Thresholds::response_time, "response-time",
     "the server answers in {:.1f} ms", "{:.4g} ms", 1},
    {Metric::error_rate, &Thresholds::error_rate, "error-rate",
     "{:.3g} % of the requests are answered with an error", "{:.4g} %", 100},
};

}  // namespace

Result<void> Thresholds::check() const {
    for (const Rule& rule : kRules) {
        const Limit& limit = this->*rule.limit;
        if (!std::isfinite(limit.warning) || !std::isfinite(limit.critical) || limit.warning < 0) {
            return fail(
                ErrorCode::invalid,
                fmt::format("--{0}-warning and --{0}-critical are numbers from 0 on", rule.name));
        }
        if (limit.critical < limit.warning) {
            return fail(ErrorCode::invalid,
                        fmt::format("--{}-critical ({}) must not be below --{}-warning ({})",
                                    rule.name, limit.critical, rule.name, limit.warning));
        }
    }
    return {};
}

Health judge(const Sample& sample, const Thresholds& thresholds) {
    std::vector<Trouble> troubles = sample.troubles;
    for (const Rule& rule : kRules) {
        const auto& value = sample[rule.metric].value;
        const Limit& limit = thresholds.*rule.limit;
        if (!value || *value < limit.warning) continue;
        const bool critical = *value >= limit.critical;
        const double bound = (critical ? limit.critical : limit.warning) * rule.factor;
        troubles.push_back(
            {critical ? Status::critical : Status::warning,
             fmt::format("{}; {} from {} on",
                         fmt::format(fmt::runtime(rule.phrase), *value * rule.factor),
                         critical ? "critical" : "a warning",
                         fmt::format(fmt::runtime(rule.limit_phrase), bound))});
    }
    std::stable_sort(troubles.begin(), troubles.end(),
                     [](const Trouble& a, const Trouble& b) { return a.status > b.status; });
    Health health;
    for (const Trouble& trouble : troubles) {
        health.status = std::max(health.status, trouble.status);
        health.reasons.push_back(trouble.text);
    }
    return health;
}

}  // namespace cellmon::harness::monitor
