#include "harness/report/bottleneck.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "harness/report/numbers.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

constexpr double kBusyShare = 0.9;
constexpr double kGreatest = 0.95;  ///< Quantile of the rate.
constexpr std::size_t kFewest = 5;
/// Signs that the load was not kept.
constexpr double kKeptShare = 0.98;
constexpr double kSlow_ms = 100;
constexpr double kLagShare = 0.05;
/// Limits.
constexpr double kFullCpu_percent = 90;
constexpr double kFullDisk_percent = 80;
constexpr double kGeneratorLag_ms = 1;
constexpr double kWayShare = 0.5;

double quantile(std::vector<double> values, double fraction) {
    const auto at = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

const Series* find_series(const PhaseReport& phase, std::string_view name) {
    const auto found = std::find_if(phase.series.begin(), phase.series.end(),
                                    [&](const Series& series) { return series.name == name; });
    return found == phase.series.end() ? nullptr : &*found;
}

const Series* rate_series(const PhaseReport& phase) {
    const Series* achieved = find_series(phase, "achieved_events_per_s");
    return achieved != nullptr ? achieved : find_series(phase, "throughput_events_per_s");
}

bool within_a_fault(const PhaseReport& phase, TimeUs at) {
    return std::any_of(phase.faults.begin(), phase.faults.end(), [&](const Fault& fault) {
        const TimeUs end = !fault.ended ? phase.ended : fault.recovered.value_or(phase.ended);
        return at >= fault.began && at <= end;
    });
}

/// The busy time of a phase, and what the series say in it.
class BusyTime {
  public:
    explicit BusyTime(const PhaseReport& phase) : phase_(phase) {
        const Series* rate = rate_series(phase);
        if (rate == nullptr) return;
        std::vector<double> calm;
        for (std::size_t i = 0; i < rate->at.size(); ++i) {
            if (rate->value[i] && !within_a_fault(phase, rate->at[i]))
                calm.push_back(*rate->value[i]);
        }
        if (calm.size() < kFewest) return;
        const double least = kBusyShare * quantile(calm, kGreatest);
        if (least <= 0) return;
        for (std::size_t i = 0; i < rate->at.size(); ++i) {
            if (rate->value[i] >= least && !within_a_fault(phase, rate->at[i]))
                times_.push_back(rate->at[i]);
        }
        std::sort(times_.begin(), times_.end());
        if (const auto middle = median(*rate)) events_per_s_ = *middle;
    }

    [[nodiscard]] bool is_enough() const { return times_.size() >= kFewest; }
    [[nodiscard]] double events_per_s() const { return events_per_s_; }

    [[nodiscard]] std::optional<double> median(std::string_view name) const {
        const Series* series = find_series(phase_, name);
        return series == nullptr ? std::nullopt : median(*series);
    }

    /// By how much a series grows, a second: between the middle of its first and of its last
    /// quarter.
    [[nodiscard]] std::optional<double> growth_per_s(const Series& series) const {
        std::vector<std::pair<TimeUs, double>> taken;
        for (std::size_t i = 0; i < series.at.size(); ++i) {
            if (series.value[i] && is_busy(series.at[i]))
                taken.emplace_back(series.at[i], *series.value[i]);
        }
        const std::size_t quarter = taken.size() / 4;
        if (quarter == 0) return std::nullopt;
        const auto middle = [](auto begin, auto end) {
            std::vector<double> values;
            std::vector<double> times;
            for (auto one = begin; one != end; ++one) {
                times.push_back(static_cast<double>(one->first) / 1e6);
                values.push_back(one->second);
            }
            return std::pair(quantile(std::move(times), 0.5), quantile(std::move(values), 0.5));
        };
        const auto count = static_cast<std::ptrdiff_t>(quarter);
        const auto [first_s, first] = middle(taken.begin(), taken.begin() + count);
        const auto [last_s, last] = middle(taken.end() - count, taken.end());
        if (last_s <= first_s) return std::nullopt;
        return (last - first) / (last_s - first_s);
    }

  private:
    /// Series are not all sampled at the same moments: what lies within half a second of busy time
    /// belongs to it.
    [[nodiscard]] bool is_busy(TimeUs at) const {
        constexpr TimeUs kNear_us = kSecondUs / 2;
        const auto next = std::lower_bound(times_.begin(), times_.end(), at - kNear_us);
        return next != times_.end() && *next <= at + kNear_us;
    }

    [[nodiscard]] std::optional<double> median(const Series& series) const {
        std::vector<double> values;
        for (std::size_t i = 0; i < series.at.size(); ++i) {
            if (series.value[i] && is_busy(series.at[i])) values.push_back(*series.value[i]);
        }
        if (values.empty()) return std::nullopt;
        return quantile(std::move(values), 0.5);
    }

    const PhaseReport& phase_;
    std::vector<TimeUs> times_;
    double events_per_s_ = 0;
};

/// The store that falls behind most, if one does.
struct FallingBehind {
    std::string series;
    double per_s = 0;
};

std::optional<FallingBehind> falling_behind(const PhaseReport& phase, const BusyTime& busy) {
    std::optional<FallingBehind> worst;
    for (const Series& series : phase.series) {
        if (!series.name.starts_with("lag_events")) continue;
        const auto growth = busy.growth_per_s(series);
        if (growth && *growth >= kLagShare * busy.events_per_s() &&
            (!worst || *growth > worst->per_s))
            worst = FallingBehind{series.name, *growth};
    }
    return worst;
}

/// Why the load counts as not kept; nullopt when it was.
std::optional<Words> strain_of(const PhaseReport& phase, const BusyTime& busy,
                               const std::optional<FallingBehind>& behind) {
    if (phase.judged() == Verdict::invalid)
        return Words{"測定が無効です", "the measurement is not valid"};
    const std::string rate = readable(busy.events_per_s());
    const auto offered = busy.median("offered_events_per_s");
    if (offered && busy.events_per_s() < kKeptShare * *offered) {
        const std::string wanted = readable(*offered);
        return Words{fmt::format("予定 {} events/s に対して {} events/s", wanted, rate),
                     fmt::format("{} of {} events/s were achieved", rate, wanted)};
    }
    const auto p95 = busy.median("latency_p95_ms");
    if (p95 && *p95 >= kSlow_ms) {
        return Words{fmt::format("遅延 p95 が {} ms", readable(*p95)),
                     fmt::format("the latency's p95 is {} ms", readable(*p95))};
    }
    if (!behind) return std::nullopt;
    const std::string growth = readable(behind->per_s);
    return Words{fmt::format("{} が毎秒 {} イベント増加", behind->series, growth),
                 fmt::format("{} grows by {} events a second", behind->series, growth)};
}

Words kept_text(const BusyTime& busy) {
    const std::string rate = readable(busy.events_per_s());
    Words text{fmt::format("負荷を処理できました：{} events/s", rate),
               fmt::format("the load was kept: {} events/s", rate)};
    if (const auto p95 = busy.median("latency_p95_ms")) {
        text.ja += fmt::format("、遅延 p95 {} ms", readable(*p95));
        text.en += fmt::format(", latency p95 {} ms", readable(*p95));
    }
    if (const auto cpu = busy.median("host_cpu_percent")) {
        text.ja += fmt::format("、マシンの CPU {} %", readable(*cpu));
        text.en += fmt::format(", the machine's CPU at {} %", readable(*cpu));
    }
    return text;
}

struct Cause {
    Bottleneck bottleneck;
    Words evidence;
};

void add(Words& words, const Words& more) {
    words.ja += "、" + more.ja;
    words.en += ", " + more.en;
}

/// nullopt: it is in time.
std::optional<Words> lateness_of_generator(const BusyTime& busy) {
    const auto lag = busy.median("generator_lag_ms");
    if (!lag || *lag <= kGeneratorLag_ms) return std::nullopt;
    return Words{fmt::format("負荷生成側が {} ms 遅れています", readable(*lag)),
                 fmt::format("the generator is {} ms late", readable(*lag))};
}

/// Whoever uses most of the cores when they are full; the other one is late for that reason.
std::optional<Cause> full_cpu(const BusyTime& busy, const std::optional<Words>& late) {
    const auto host = busy.median("host_cpu_percent");
    if (!host || *host < kFullCpu_percent) return std::nullopt;
    const auto generator = busy.median("generator_cpu_percent");
    const auto system = busy.median("cpu_percent");
    Words evidence{fmt::format("マシンの CPU が {} %", readable(*host)),
                   fmt::format("the machine's CPU is at {} %", readable(*host))};
    if (system)
        add(evidence, {fmt::format("サーバーとストア {} %", readable(*system)),
                       fmt::format("{} % by server and stores", readable(*system))});
    if (generator)
        add(evidence, {fmt::format("負荷生成側 {} %", readable(*generator)),
                       fmt::format("{} % by the generator", readable(*generator))});
    if (late) add(evidence, *late);
    const bool by_generator = generator && system && *generator > *system;
    return Cause{by_generator ? Bottleneck::generator : Bottleneck::cpu, std::move(evidence)};
}

std::optional<Cause> cpu_or_generator(const PhaseReport& phase, const BusyTime& busy) {
    const auto late = lateness_of_generator(busy);
    if (auto cause = full_cpu(busy, late)) return cause;
    if (late) return Cause{Bottleneck::generator, *late};
    if (phase.judged() != Verdict::invalid) return std::nullopt;
    return Cause{Bottleneck::generator,
                 {"負荷生成側が自分自身を測定しました", "the generator measured itself"}};
}

std::optional<Cause> cause_of(const PhaseReport& phase, const BusyTime& busy,
                              const std::optional<FallingBehind>& behind) {
    if (auto cause = cpu_or_generator(phase, busy)) return cause;
    const auto disk = busy.median("disk_busy_percent");
    if (disk && *disk >= kFullDisk_percent) {
        return Cause{Bottleneck::sync,
                     {fmt::format("ディスクが時間の {} % 使用中", readable(*disk)),
                      fmt::format("the disk is busy for {} % of the time", readable(*disk))}};
    }
    if (behind) {
        const std::string growth = readable(behind->per_s);
        return Cause{Bottleneck::store,
                     {fmt::format("CPU とディスクに余裕があるのに {} が毎秒 {} イベント増加",
                                  behind->series, growth),
                      fmt::format("{} grows by {} events a second while CPU and disk have room",
                                  behind->series, growth)}};
    }
    const auto p50 = busy.median("latency_p50_ms");
    const auto way = busy.median("response_time_ms");
    if (!p50 || !way || *way < kWayShare * *p50) return std::nullopt;
    return Cause{Bottleneck::network,
                 {fmt::format("何も保存しないリクエストに {} ms、イベントに {} ms", readable(*way),
                              readable(*p50)),
                  fmt::format("a request that stores nothing takes {} ms, one with events {} ms",
                              readable(*way), readable(*p50))}};
}

/// Nothing applies; with what the rules asked for and did not find.
Cause unexplained(const PhaseReport& phase) {
    std::string missing;
    for (const std::string_view name :
         {"host_cpu_percent", "disk_busy_percent", "response_time_ms"}) {
        if (find_series(phase, name) == nullptr)
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    }
    Words text{"測定したものはどれも限界ではありません",
               "nothing that was measured was at its limit"};
    if (!missing.empty()) {
        text.ja += "；測定なし：" + missing;
        text.en += "; not measured: " + missing;
    }
    return {Bottleneck::unexplained, std::move(text)};
}

}  // namespace

std::string_view name_of(Bottleneck bottleneck) {
    switch (bottleneck) {
        case Bottleneck::none:
            return "none";
        case Bottleneck::generator:
            return "generator";
        case Bottleneck::cpu:
            return "CPU";
        case Bottleneck::sync:
            return "sync";
        case Bottleneck::store:
            return "store";
        case Bottleneck::network:
            return "network";
        case Bottleneck::unexplained:
            return "unexplained";
    }
    return "";
}

std::optional<BottleneckFinding> bottleneck_of(const PhaseReport& phase) {
    const BusyTime busy(phase);
    if (!busy.is_enough()) return std::nullopt;
    const auto behind = falling_behind(phase, busy);
    const auto strain = strain_of(phase, busy, behind);
    if (!strain) {
        const Words kept = kept_text(busy);
        return BottleneckFinding{Bottleneck::none, kept.en, kept.ja, busy.events_per_s()};
    }
    const Cause cause = cause_of(phase, busy, behind).value_or(unexplained(phase));
    return BottleneckFinding{cause.bottleneck, fmt::format("{}; {}", strain->en, cause.evidence.en),
                             fmt::format("{}；{}", strain->ja, cause.evidence.ja),
                             busy.events_per_s()};
}

std::optional<BottleneckFinding> bottleneck_of(const RunReport& report) {
    std::optional<BottleneckFinding> chosen;
    for (const PhaseReport& phase : report.phases) {
        auto finding = bottleneck_of(phase);
        if (!finding) continue;
        const auto rank = [](const BottleneckFinding& of) {
            return std::pair(of.bottleneck != Bottleneck::none, of.events_per_s);
        };
        if (chosen && rank(*chosen) >= rank(*finding)) continue;
        finding->reason = fmt::format("{}: {}", phase.id, finding->reason);
        finding->reason_ja = fmt::format("{}: {}", phase.id, finding->reason_ja);
        chosen = std::move(finding);
    }
    return chosen;
}

void judge_bottleneck(RunReport& report) {
    const auto finding = bottleneck_of(report).value_or(BottleneckFinding{});
    const bool judged = !finding.reason.empty();
    report.bottleneck = judged ? name_of(finding.bottleneck) : "";
    report.bottleneck_reason = finding.reason;
    report.bottleneck_reason_ja = finding.reason_ja;
}

}  // namespace cellmon::harness::report
