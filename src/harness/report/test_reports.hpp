#pragma once

// Runs of plans that no server has seen, for tests.

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

inline constexpr TimeUs kBegan = 1'790'000'000'000'000;

/// A series of one value a second.
template <typename ValueAt>
Series series_of(std::string name, std::string unit, int seconds, const ValueAt& value_at,
                 TimeUs began = kBegan) {
    Series series{std::move(name), std::move(unit), {}, {}};
    for (int s = 0; s <= seconds; ++s) {
        series.at.push_back(began + s * kSecondUs);
        series.value.push_back(value_at(s));
    }
    return series;
}

/// Repeatable noise from -1 to 1.
inline double noise(int s, int of) {
    const double x = std::sin(s * 12.9898 + of * 78.233) * 43758.5453;
    return 2 * (x - std::floor(x)) - 1;
}

inline std::vector<Series> series_of_load(int seconds, double rate, TimeUs began) {
    const auto add = [&](std::string name, std::string unit, auto value_at) {
        return series_of(std::move(name), std::move(unit), seconds, value_at, began);
    };
    const auto level = [=](int s) {
        return std::min(1.0, 0.1 + std::floor(5.0 * s / seconds) * 0.225);
    };
    using Read = std::optional<double>;
    return {
        add("offered_events_per_s", "events/s", [=](int s) -> Read { return rate * level(s); }),
        add("throughput_events_per_s", "events/s",
            [=](int s) -> Read { return rate * level(s) * (1 + 0.03 * noise(s, 1)); }),
        add("latency_p50_ms", "ms", [=](int s) -> Read { return 1.1 + 0.2 * noise(s, 2); }),
        add("latency_p95_ms", "ms", [=](int s) -> Read { return 4.2 + 0.9 * noise(s, 3); }),
        add("latency_p99_ms", "ms", [=](int s) -> Read { return 9.5 + 3.5 * noise(s, 4); }),
        add("cpu_percent", "%", [=](int s) -> Read { return 38 * level(s) + 2 * noise(s, 5); }),
        add("host_cpu_percent", "%",
            [=](int s) -> Read { return 61 * level(s) + 3 * noise(s, 6); }),
        add("generator_cpu_percent", "%",
            [=](int s) -> Read { return 17 * level(s) + noise(s, 7); }),
        add("memory_mb", "MB", [=](int s) -> Read { return 92 + 0.05 * s + noise(s, 8); }),
        add("lag_events", "", [=](int s) -> Read { return std::floor(20 + 15 * noise(s, 9)); }),
        add("redis_connected_clients", "", [](int) -> Read { return 4; }),
        add("response_time_ms", "ms",
            [=](int s) -> Read { return s % 40 == 13 ? Read() : Read(0.8 + 0.2 * noise(s, 10)); }),
    };
}

/// Each kind of verdict, a fault with its gap, a reason with markup in it, and both languages.
inline RunReport realistic_run() {
    RunReport run;
    run.plan = "100-students";
    run.profile = "stores";
    run.target = "cellmon 0.1.0";
    run.seed = 20'260'401;
    run.began = kBegan;
    run.ended = kBegan + 17 * kMinuteUs;
    run.machine = {"AMD EPYC 7B13", 2, 8'323'000'000, "Linux 6.1.0", "ext4"};

    PhaseReport load;
    load.id = "2.1";
    load.name = "phased load";
    load.name_ja = "段階負荷";
    load.verdict = Verdict::passed;
    load.began = kBegan;
    load.ended = kBegan + 300 * kSecondUs;
    load.criteria = {
        {"throughput_per_student", "≥ 10", "events/s", 10.02, true, "", ""},
        {"latency_p95", "≤ 500", "ms", 5.31, true, "", ""},
        {"error_rate", "≤ 0.1", "%", 0.0, true, "", ""},
        {"events_lost", "= 0", "", 0.0, true, "", ""},
    };
    load.figures = {
        {"latency_p99_9", "ms", 14.2, Figure::Better::lower},
        {"achieved", "events/s", 1'001.7, Figure::Better::higher},
        {"events_sent", "", 165'281, Figure::Better::neither},
    };
    load.series = series_of_load(300, 1'000, load.began);

    PhaseReport fault;
    fault.id = "4.1";
    fault.name = "Redis fault";
    fault.name_ja = "Redis 障害";
    fault.verdict = Verdict::failed;
    fault.reason = "1 of 4 criteria does not hold";
    fault.reason_ja = "4 項目のうち 1 項目が満たされませんでした";
    fault.began = kBegan + 310 * kSecondUs;
    fault.ended = kBegan + 430 * kSecondUs;
    fault.criteria = {
        {"events_lost", "= 0", "", 0.0, true, "", ""},
        {"recovery_time", "≤ 60", "s", 61.4, false,
         "The stream had caught up 61.4 s after the fault ended: <b>too late</b> & \"late\"",
         "障害の終了から 61.4 秒後に追いつきました（上限 60 秒）"},
        {"duplicates", "= 0", "", std::nullopt, false, "InfluxDB gave no answer within 30 s",
         "InfluxDB が 30 秒以内に応答しませんでした"},
        {"availability", "≥ 99.9", "%", 100.0, true, "", ""},
    };
    fault.figures = {{"latency_p99_9", "ms", 48.7, Figure::Better::lower}};
    fault.series = series_of_load(120, 1'000, fault.began);
    for (Series& series : fault.series) {
        for (int s = 30; s <= 60 && series.name.starts_with("redis"); ++s)
            series.value[static_cast<std::size_t>(s)].reset();
        for (int s = 30; s <= 100 && series.name == "lag_events"; ++s)
            series.value[static_cast<std::size_t>(s)] =
                s <= 60 ? (s - 30) * 1'000.0 : 30'000 - (s - 60) * 750.0;
    }
    fault.faults = {{"kill", "redis", fault.began + 30 * kSecondUs, fault.began + 60 * kSecondUs,
                     fault.began + 100 * kSecondUs}};

    PhaseReport websocket;
    websocket.id = "1.3";
    websocket.name = "WebSocket";
    websocket.verdict = Verdict::invalid;
    websocket.reason = "The generator was late: 2.4 ms at the 99th percentile, 1 ms is allowed";
    websocket.reason_ja = "負荷生成側が遅れました（99 パーセンタイルで 2.4 ms、上限 1 ms）";
    websocket.began = kBegan + 440 * kSecondUs;
    websocket.ended = kBegan + 452 * kSecondUs;
    websocket.criteria = {{"broadcast_time", "< 10", "s", 0.18, true, "", ""}};

    PhaseReport disk;
    disk.id = "4.1d";
    disk.name = "full disk";
    disk.name_ja = "ディスク満杯";
    disk.verdict = Verdict::not_applicable;
    disk.reason = "The profile names no data directory";
    disk.reason_ja = "このプロファイルにはデータディレクトリがありません";
    disk.began = disk.ended = kBegan + 452 * kSecondUs;

    PhaseReport soak;
    soak.id = "4.2";
    soak.name = "soak";
    soak.name_ja = "長時間運転";
    soak.verdict = Verdict::not_run;
    soak.reason = "The plan was stopped";
    soak.reason_ja = "計画が中断されました";
    soak.began = soak.ended = kBegan + 460 * kSecondUs;
    soak.criteria = {{"memory_growth", "< 512", "MB", std::nullopt, false, "", ""}};

    run.interrupted = true;
    run.phases = {std::move(load), std::move(fault), std::move(websocket), std::move(disk),
                  std::move(soak)};
    return run;
}

}  // namespace cellmon::harness::report
