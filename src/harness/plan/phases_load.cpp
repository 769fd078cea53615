// The phases that are loads: phased load, resources, soak, availability, cross-store.

#include <algorithm>
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "harness/plan/phase_work.hpp"

namespace cellmon::harness::plan {
namespace {

using monitor::Metric;
using Better = report::Figure::Better;

Result<std::vector<Round>> rounds_of(const PhaseWork& work) {
    const Phase& phase = work.phase();
    return rounds_of_seconds(phase.whole("students"), phase.value("seconds"),
                             phase.value("events_per_student_s"), work.seed());
}

/// Waits, or until a request to stop.
void rest(PhaseWork& work, double seconds, const char* what) {
    constexpr std::chrono::milliseconds kLook{50};
    const std::int64_t began_us = work.clock().steady_us();
    for (;;) {
        const double passed_s = static_cast<double>(work.clock().steady_us() - began_us) / 1e6;
        work.note_stop();
        if (passed_s >= seconds || work.stopped()) return;
        work.parts().progress(passed_s / seconds, what);
        std::this_thread::sleep_for(kLook);
    }
}

void keep(PhaseWork& work, const LoadResult& result) {
    auto& all = work.parts().ledgers_of_main_place;
    all.insert(all.end(), result.ledgers.begin(), result.ledgers.end());
}

/// The end of every load: figures, then what became of the events.
Result<void> judge_load(PhaseWork& work, const LoadResult& result) {
    keep(work, result);
    CELLMON_TRY(result.state);
    work.note_load(result);
    return work.judge_promises(result.ledgers);
}

Words peak_words(double mb) {
    return {fmt::format("サーバーとストアのメモリが {:.0f} MB に達しました", mb),
            fmt::format("server and stores took {:.0f} MB", mb)};
}

/// Events that came due a second, in the seconds in which some did: what is behind takes longer.
std::optional<double> offered_rate(const std::vector<LoadSecond>& seconds) {
    double sum = 0;
    double count = 0;
    for (const LoadSecond& second : seconds) {
        if (second.offered_per_s <= 0) continue;
        sum += second.offered_per_s;
        ++count;
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

/// What a step of a phased load has come to. With those of the other steps it says from how many
/// students on the server cannot follow, or its generator.
void note_step(PhaseWork& work, const LoadResult& step, double students,
               const std::vector<monitor::Sample>& samples) {
    const auto figure = [&](const char* name, const char* unit, double value, Better better) {
        work.figure(fmt::format("{}_{:g}_students", name, students), unit, value, better);
    };
    const Figures& figures = *step.figures;
    const auto ms_of = [](const Histogram& histogram, double share) {
        return static_cast<double>(histogram.quantile_us(share)) / 1e3;
    };
    if (const auto offered = offered_rate(step.seconds))
        figure("offered_events_per_s", "events/s", *offered, Better::neither);
    figure("events_per_s", "events/s", figures.events_per_second(), Better::higher);
    if (figures.latency.count() > 0)
        figure("latency_p95_ms", "ms", ms_of(figures.latency, 0.95), Better::lower);
    // A class is thought out before its first second, and that is no load.
    const TimeUs loaded = step.seconds.empty() ? INT64_MAX : step.seconds.front().at;
    if (const auto cpu = extent_of(samples, Metric::cpu_percent, loaded); cpu.average)
        figure("cpu_percent", "%", *cpu.average, Better::lower);
    figure("generator_cpu_percent", "%", 100 * step.cpu_share, Better::neither);
    if (figures.lag.count() > 0)
        figure("generator_lag_ms", "ms", ms_of(figures.lag, 0.99), Better::neither);
}

std::optional<double> difference(const std::optional<double>& a, const std::optional<double>& b) {
    if (!a || !b) return std::nullopt;
    return *a - *b;
}

}  // namespace

Result<void> play_phased_load(PhaseWork& work) {
    const Phase& phase = work.phase();
    CELLMON_TRY(work.site().prepare({}));
    CELLMON_TRY(work.begin());
    Recorder& recorder = work.record();
    LoadResult all;
    double weakest = 0;
    double weakest_students = 0;
    double critical = 0;
    Words critical_reason{"状態を測定できませんでした", "nothing could be measured of its health"};
    bool seen = true;
    for (std::size_t i = 0; i < phase.steps.size() && !work.stopped(); ++i) {
        const double students = phase.steps[i];
        CELLMON_TRY_ASSIGN(
            Round round,
            round_of_minutes(static_cast<std::uint32_t>(students), phase.whole("minutes"),
                             phase.value("events_per_student_s"), work.seed() + i));
        CELLMON_TRY_ASSIGN(auto load, work.load({std::move(round)}));
        LoadResult step = work.wait_for(*load);
        CELLMON_TRY(step.state);
        if (work.stopped()) return {};
        const double each = step.figures->events_per_second() / students;
        if (i == 0 || each < weakest) {
            weakest = each;
            weakest_students = students;
        }
        // A step may be over before the first look.
        constexpr std::chrono::seconds kLook{10};
        seen = chaos::wait_until([&] { return !recorder.samples().empty(); }, kLook) && seen;
        note_step(work, step, students, recorder.samples());
        const auto health = recorder.health();
        if (health.status == monitor::Status::critical) {
            ++critical;
            const std::string why = fmt::format("{}", fmt::join(health.reasons, "; "));
            critical_reason = {fmt::format("学生 {:g} 名の後に危険な状態でした：{}", students, why),
                               fmt::format("behind {:g} students: {}", students, why)};
        }
        all.merge(std::move(step));
    }
    work.judge("throughput_per_student", weakest,
               {fmt::format("学生 {:g} 名のとき、確約は 1 名あたり毎秒 {:.2f} 件だけでした",
                            weakest_students, weakest),
                fmt::format("with {:g} students each had only {:.2f} events/s promised",
                            weakest_students, weakest)});
    work.judge_errors(all);
    work.judge_latency(all);
    work.judge("health", seen ? std::optional(critical) : std::nullopt, critical_reason);
    return judge_load(work, all);
}

Result<void> play_resources(PhaseWork& work) {
    CELLMON_TRY(work.site().prepare({}));
    CELLMON_TRY(work.begin());
    const Recorder& recorder = work.record();
    rest(work, work.phase().value("baseline_s"), "baseline");
    const TimeUs loaded = work.clock().now_us();
    CELLMON_TRY_ASSIGN(auto rounds, rounds_of(work));
    CELLMON_TRY_ASSIGN(auto load, work.load(std::move(rounds)));
    const LoadResult result = work.wait_for(*load);
    if (work.stopped()) return {};
    const auto samples = recorder.samples();
    const auto why = [&](Metric metric) {
        for (const auto& sample : samples) {
            if (!sample[metric].value)
                return Words{"測定できませんでした：" + sample[metric].reason,
                             sample[metric].reason};
        }
        return Words{"測定値がありません", "there was no sample"};
    };
    const auto baseline = extent_of(samples, Metric::memory_mb, 0, loaded);
    const auto memory = extent_of(samples, Metric::memory_mb, loaded);
    const auto cpu = extent_of(samples, Metric::cpu_percent, loaded);
    const auto growth = difference(memory.peak, baseline.average);
    work.judge("memory_growth", growth,
               growth ? Words{fmt::format("サーバーとストアのメモリが {:.0f} MB から {:.0f} MB に"
                                          "増えました",
                                          *baseline.average, *memory.peak),
                              fmt::format("server and stores grew from {:.0f} MB to {:.0f} MB",
                                          *baseline.average, *memory.peak)}
                      : why(Metric::memory_mb));
    work.judge("memory_peak", memory.peak,
               memory.peak ? peak_words(*memory.peak) : why(Metric::memory_mb));
    work.judge("cpu_peak", cpu.peak,
               cpu.peak
                   ? Words{fmt::format("サーバーとストアが全コアの最大 {:.0f} %、平均 {:.0f} % を"
                                       "使いました",
                                       *cpu.peak, cpu.average.value_or(0)),
                           fmt::format("server and stores used {:.0f} % of all cores in one "
                                       "sample, {:.0f} % on average",
                                       *cpu.peak, cpu.average.value_or(0))}
                   : why(Metric::cpu_percent));
    if (work.site().subject().redis) {
        const auto clients = extent_of(samples, Metric::redis_clients);
        work.judge("redis_connections", clients.peak,
                   clients.peak
                       ? Words{fmt::format("Redis の接続が {:.0f} 本ありました", *clients.peak),
                               fmt::format("Redis had {:.0f} clients", *clients.peak)}
                       : why(Metric::redis_clients));
    } else {
        work.leave_out("redis_connections",
                       {"このプロファイルに Redis はありません", "this profile has no Redis"});
    }
    if (cpu.average) work.figure("cpu_percent", "%", *cpu.average, Better::lower);
    if (baseline.average) work.figure("memory_mb", "MB", *baseline.average, Better::lower);
    work.judge_errors(result);
    work.judge_latency(result);
    return judge_load(work, result);
}

Result<void> play_soak(PhaseWork& work) {
    CELLMON_TRY(work.site().prepare({}));
    CELLMON_TRY(work.begin());
    const Recorder& recorder = work.record();
    CELLMON_TRY_ASSIGN(auto rounds, rounds_of(work));
    const TimeUs began = work.clock().now_us();
    CELLMON_TRY_ASSIGN(auto load, work.load(std::move(rounds)));
    const LoadResult result = work.wait_for(*load);
    if (work.stopped()) return {};
    const TimeUs ended = work.clock().now_us();
    const TimeUs warm = began + static_cast<TimeUs>(static_cast<double>(ended - began) *
                                                    work.phase().value("warm_up") / 100);
    const auto samples = recorder.samples();
    const Words unread{"メモリを読めませんでした", "the memory could not be read"};
    const auto before = extent_of(samples, Metric::memory_mb, began, warm);
    const auto behind = extent_of(samples, Metric::memory_mb, warm);
    const auto growth = difference(behind.peak, before.peak);
    work.judge("memory_growth", growth,
               growth
                   ? Words{fmt::format("サーバーとストアのメモリは暖機中 {:.0f} MB、その後 {:.0f} "
                                       "MB でした",
                                       *before.peak, *behind.peak),
                           fmt::format("server and stores took {:.0f} MB in the warm-up and "
                                       "{:.0f} MB later",
                                       *before.peak, *behind.peak)}
                   : unread);
    work.judge("memory_peak", behind.peak, behind.peak ? peak_words(*behind.peak) : unread);
    work.figure("seconds", "s", static_cast<double>(ended - began) / 1e6, Better::neither);
    work.judge_errors(result);
    work.judge_latency(result);
    return judge_load(work, result);
}

Result<void> play_availability(PhaseWork& work) {
    CELLMON_TRY(work.site().prepare({}));
    CELLMON_TRY(work.begin());
    work.record();
    CELLMON_TRY_ASSIGN(auto rounds, rounds_of(work));
    CELLMON_TRY_ASSIGN(auto load, work.load(std::move(rounds)));
    const LoadResult result = work.wait_for(*load);
    if (work.stopped()) return {};
    const HealthChecks checks = work.parts().availability.so_far();
    const auto made = static_cast<double>(checks.made);
    work.judge("availability",
               checks.made > 0 ? std::optional(100 * static_cast<double>(checks.answered) / made)
                               : std::nullopt,
               {fmt::format("ヘルスチェック {} 回のうち {} 回に正常な応答がありませんでした（最初："
                            "{}）",
                            checks.made, checks.made - checks.answered, checks.first_failure),
                fmt::format("{} of {} health checks were not answered well, the first {}",
                            checks.made - checks.answered, checks.made, checks.first_failure)});
    work.figure("health_checks", "", made, Better::neither);
    work.figure("health_checks_left_out", "", static_cast<double>(checks.left_out),
                Better::neither);
    keep(work, result);
    CELLMON_TRY(result.state);
    work.note_load(result);
    // Of the whole run, from its first event: what came later may have hurt what was there.
    return work.judge_all_promises();
}

Result<void> play_cross_store(PhaseWork& work) {
    const Phase& phase = work.phase();
    const auto postgres = work.site().postgres();
    const auto influx = work.site().influx();
    if (!postgres || !influx) {
        return work.skip(
            {"ストアが一つだけです。比較には PostgreSQL と InfluxDB が必要です",
             "there is one store; PostgreSQL and InfluxDB are needed to compare them"});
    }
    CELLMON_TRY(work.site().prepare({}));
    CELLMON_TRY(work.begin());
    work.record();
    CELLMON_TRY_ASSIGN(Round round,
                       round_of_minutes(phase.whole("students"), phase.whole("minutes"),
                                        phase.value("events_per_student_s"), work.seed()));
    CELLMON_TRY_ASSIGN(auto load, work.load({std::move(round)}));
    const LoadResult result = work.wait_for(*load);
    if (work.stopped()) return {};
    // It waits until both stores have caught up.
    CELLMON_TRY(judge_load(work, result));
    const auto rows = postgres->totals();
    const auto points = influx->totals();
    if (!rows || !points) {
        const std::string reason = rows ? points.error().message : rows.error().message;
        for (const auto* const name : {"students_equal", "totals_equal", "duration_difference"})
            work.judge(name, std::nullopt, {"合計を読めませんでした：" + reason, reason});
        return {};
    }
    const auto compare = [&](const char* name, double in_rows, double in_points,
                             const Words& what) {
        work.judge(name, std::abs(in_rows - in_points),
                   {fmt::format("{}が PostgreSQL では {:.10g}、InfluxDB では {:.10g} です", what.ja,
                                in_rows, in_points),
                    fmt::format("PostgreSQL has {:.10g} {}, InfluxDB {:.10g}", in_rows, what.en,
                                in_points)});
    };
    compare("students_equal", static_cast<double>(rows->students),
            static_cast<double>(points->students), {"学生数", "students"});
    compare("totals_equal", static_cast<double>(rows->events), static_cast<double>(points->events),
            {"イベント数", "events"});
    compare("duration_difference", rows->duration_s, points->duration_s,
            {"実行時間の合計（秒）", "s of runs"});
    work.figure("students", "", static_cast<double>(rows->students), Better::neither);
    work.figure("events", "", static_cast<double>(rows->events), Better::neither);
    return {};
}

}  // namespace cellmon::harness::plan
