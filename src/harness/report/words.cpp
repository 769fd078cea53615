#include "harness/report/words.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"

namespace cellmon::harness::report {
namespace {

struct Entry {
    std::string_view name;
    std::string_view ja;
    std::string_view en;
};

// By name, in order.
constexpr std::array kEntries = std::to_array<Entry>({
    {"CPU", "CPU", "CPU"},
    {"achieved", "達成レート", "achieved rate"},
    {"achieved_events_per_s", "達成レート", "achieved rate"},
    {"availability", "可用性", "availability"},
    {"backup_restored", "バックアップからの復元", "restored from backup"},
    {"broadcast_time", "全配信の所要時間", "time of all broadcasts"},
    {"broadcasts", "配信数", "broadcasts"},
    {"clock", "時計", "clock"},
    {"clock_step", "時刻の飛び", "clock step"},
    {"connections_alive", "生存接続数", "connections alive"},
    {"constraints_held", "守られた制約", "constraints held"},
    {"cpu", "CPU 使用率", "CPU"},
    {"cpu_peak", "CPU 最大", "CPU, peak"},
    {"cpu_percent", "サーバーとストアの CPU", "CPU of server and stores"},
    {"disk", "ディスク", "disk"},
    {"disk_busy_percent", "ディスク使用率", "disk busy"},
    {"disk_full", "ディスク満杯", "disk full"},
    {"disk_read_mb_s", "ディスク読み込み", "disk read"},
    {"disk_write_mb_s", "ディスク書き込み", "disk written"},
    {"duplicates", "重複イベント", "duplicates"},
    {"duration_difference", "実行時間合計の差", "difference of summed durations"},
    {"error_rate", "エラー率", "error rate"},
    {"events", "イベント", "events"},
    {"events_duplicated", "重複イベント", "events doubled"},
    {"events_lost", "消失イベント", "events lost"},
    {"events_per_s", "達成レート", "achieved rate"},
    {"events_refused", "拒否されたイベント", "events refused"},
    {"events_sent", "送信イベント", "events sent"},
    {"events_synced", "同期済みイベント", "events synced"},
    {"events_unanswered", "応答のないイベント", "events without an answer"},
    {"events_wrong", "内容の違うイベント", "events with other content"},
    {"gate", "通信遮断", "gate"},
    {"generator", "負荷生成側", "generator"},
    {"generator_cpu_percent", "負荷生成側の CPU", "CPU of the generator"},
    {"generator_lag_ms", "負荷生成側の遅れ", "lag of the generator"},
    {"health", "健全性が「危険」だった段階", "steps with critical health"},
    {"health_checks", "ヘルスチェック", "health checks"},
    {"health_checks_left_out", "除外したヘルスチェック", "health checks left out"},
    {"host_cpu_percent", "マシン全体の CPU", "CPU of the machine"},
    {"host_memory_percent", "マシン全体のメモリ", "memory of the machine"},
    {"influxdb", "InfluxDB", "InfluxDB"},
    {"influxdb_point_count", "InfluxDB のポイント数", "InfluxDB points"},
    {"kill", "強制終了", "kill"},
    {"lag_events", "ストアの遅れ", "lag of the stores"},
    {"latency_max", "遅延 最大", "latency, max"},
    {"latency_max_ms", "遅延 最大", "latency, max"},
    {"latency_p50", "遅延 p50", "latency p50"},
    {"latency_p50_ms", "遅延 p50", "latency p50"},
    {"latency_p90_ms", "遅延 p90", "latency p90"},
    {"latency_p95", "遅延 p95", "latency p95"},
    {"latency_p95_ms", "遅延 p95", "latency p95"},
    {"latency_p99", "遅延 p99", "latency p99"},
    {"latency_p99_9", "遅延 p99.9", "latency p99.9"},
    {"latency_p99_99", "遅延 p99.99", "latency p99.99"},
    {"latency_p99_ms", "遅延 p99", "latency p99"},
    {"memory", "メモリ", "memory"},
    {"memory_growth", "メモリ増加", "memory growth"},
    {"memory_mb", "サーバーとストアのメモリ", "memory of server and stores"},
    {"memory_peak", "メモリ最大", "memory, peak"},
    {"memory_percent", "サーバーとストアのメモリ", "memory of server and stores"},
    {"messages", "メッセージ", "messages"},
    {"messages_in_order", "順序どおりの受信", "messages in order"},
    {"messages_missed", "届かなかったメッセージ", "messages missed"},
    {"network", "ネットワーク", "network"},
    {"network_in_mb_s", "ネットワーク受信", "network in"},
    {"network_out_mb_s", "ネットワーク送信", "network out"},
    {"none", "なし", "none"},
    {"offered_events_per_s", "予定レート", "offered rate"},
    {"postgresql", "PostgreSQL", "PostgreSQL"},
    {"postgresql_active_sessions", "PostgreSQL の実行中セッション", "PostgreSQL sessions"},
    {"recovery_time", "復旧時間", "recovery time"},
    {"redis", "Redis", "Redis"},
    {"redis_connected_clients", "Redis 接続数", "Redis clients"},
    {"redis_connections", "Redis 接続数", "Redis connections"},
    {"response_time_ms", "応答時間（ヘルスチェック）", "response time of a health check"},
    {"restart", "再起動", "restart"},
    {"seconds", "所要時間", "time"},
    {"server", "サーバー", "server"},
    {"slow_network", "遅いネットワーク", "slow network"},
    {"stop", "停止", "stop"},
    {"store", "ストア", "store"},
    {"students", "学生", "students"},
    {"students_equal", "学生数の差", "difference of the students"},
    {"submissions", "提出物", "submissions"},
    {"submissions_stored", "保存された提出物", "submissions stored"},
    {"sync", "ディスク同期", "sync"},
    {"throughput", "スループット", "throughput"},
    {"throughput_events_per_s", "保存レート", "stored rate"},
    {"throughput_per_student", "学生あたりスループット", "throughput per student"},
    {"totals_equal", "合計の差", "difference of the totals"},
    {"transactions_inconsistent", "不整合なトランザクション",
     "transactions that left something inconsistent"},
    {"transactions_succeeded", "成功トランザクション", "transactions that succeed"},
    {"unexplained", "不明", "unexplained"},
    {"violations_stored", "保存された制約違反", "violations stored"},
    {"violations_tried", "試した制約違反", "violations tried"},
    {"violations_unclean", "不適切に拒否された制約違反", "violations not refused cleanly"},
    {"websocket_connections", "WebSocket 接続数", "WebSockets"},
    {"websockets", "WebSocket", "WebSockets"},
});

constexpr bool in_order() {
    return std::is_sorted(kEntries.begin(), kEntries.end(),
                          [](const Entry& a, const Entry& b) { return a.name < b.name; });
}
static_assert(in_order());

/// "latency_p95_ms_100_students": a figure of the step of so many students.
std::optional<Words> words_of_step(std::string_view name) {
    constexpr std::string_view kStudents = "_students";
    if (!name.ends_with(kStudents)) return std::nullopt;
    name.remove_suffix(kStudents.size());
    const auto line = name.rfind('_');
    if (line == std::string_view::npos) return std::nullopt;
    const std::string_view students = name.substr(line + 1);
    if (students.empty() || students.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    const Words figure = words_of(name.substr(0, line));
    return Words{fmt::format("{}（学生 {} 名）", figure.ja, students),
                 fmt::format("{}, {} student{}", figure.en, students, students == "1" ? "" : "s")};
}

std::string tagged(std::string_view tag, const Words& words) {
    if (words.ja == words.en) return escaped(words.en);
    return fmt::format(R"(<{0} class="ja" lang="ja">{1}</{0}><{0} class="en" lang="en">{2}</{0}>)",
                       tag, escaped(words.ja), escaped(words.en));
}

}  // namespace

Words words_of(std::string_view name) {
    const auto* const found = std::lower_bound(
        kEntries.begin(), kEntries.end(), name,
        [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; });
    if (found != kEntries.end() && found->name == name)
        return {std::string(found->ja), std::string(found->en)};
    if (auto step = words_of_step(name)) return *step;
    std::string plain(name);
    std::replace(plain.begin(), plain.end(), '_', ' ');
    return {plain, plain};
}

Words words_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return {"合格", "passed"};
        case Verdict::failed:
            return {"不合格", "failed"};
        case Verdict::not_applicable:
            return {"対象外", "not applicable"};
        case Verdict::not_run:
            return {"未実施", "not run"};
        case Verdict::invalid:
            return {"測定無効", "not valid"};
    }
    return {};
}

Words words_of_part(const RunReport& report) {
    if (report.left_out.empty()) return {};
    const std::size_t all = report.phases.size() + report.left_out.size();
    return {fmt::format("全 {} フェーズ中 {} フェーズを実施", all, report.played()),
            fmt::format("{} of {} phases played", report.played(), all)};
}

Words words_of(const RunReport& report) {
    Words words = words_of(report.verdict());
    const Words part = words_of_part(report);
    if (part.en.empty()) return words;
    return {words.ja + "、" + part.ja, words.en + ", " + part.en};
}

Words words_or(std::string_view ja, std::string_view en) {
    return {std::string(ja.empty() ? en : ja), std::string(en)};
}

std::string both(const Words& words) {
    return tagged("span", words);
}

std::string both_in_svg(const Words& words) {
    return tagged("tspan", words);
}

}  // namespace cellmon::harness::report
