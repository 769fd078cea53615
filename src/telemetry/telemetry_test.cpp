// Goal: the log writes one whole line a message in both formats and does not flood, and the metrics
// text is what a Prometheus server reads.
// Method: a log into a string, a clock the test turns, and the exact text of the format.
#include <string>

#include <gtest/gtest.h>

#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/process_metrics.hpp"
#include "telemetry/say_once.hpp"

namespace cellmon::telemetry {
namespace {

class ManualClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return steady; }
    [[nodiscard]] std::int64_t steady_us() const override { return steady; }
    std::int64_t steady = 0;
};

/// What stands behind the time of a text line.
std::string behind_time(const std::string& line) {
    return line.substr(std::string("2026-11-23T17:44:13.660Z ").size());
}

TEST(Log, WritesTextLinesFromItsLevelOn) {
    std::string out;
    Log log({LogLevel::info, LogFormat::text}, [&](std::string_view line) { out += line; });
    log.debug("not shown {}", 1);
    log.warn("port {} is taken", 8000);
    EXPECT_EQ(behind_time(out), "warning port 8000 is taken\n");
}

TEST(Log, KeepsAMessageWithinItsLine) {
    std::string out;
    Log log({LogLevel::info, LogFormat::text}, [&](std::string_view line) { out += line; });
    log.info("{}", "one\ntwo\x1b[31m {} %v");
    EXPECT_EQ(behind_time(out), "info    one\\ntwo\\u001b[31m {} %v\n");
}

TEST(Log, EscapesJson) {
    std::string out;
    Log log({LogLevel::info, LogFormat::json}, [&](std::string_view line) { out += line; });
    log.error("say \"hi\" \\ \t生徒");
    const auto level = out.find("\"level\"");
    ASSERT_NE(level, std::string::npos);
    EXPECT_EQ(out.substr(0, 9), "{\"time\":\"");
    EXPECT_EQ(out.substr(level),
              "\"level\":\"error\",\"message\":\"say \\\"hi\\\" \\\\ \\u0009生徒\"}\n");
}

TEST(Log, OffWritesNothing) {
    std::string out;
    Log log({LogLevel::off, LogFormat::text}, [&](std::string_view line) { out += line; });
    log.error("nothing");
    log.write(LogLevel::off, "nothing");
    EXPECT_EQ(out, "");
}

TEST(SayOnce, SaysItFirstThenOnceAnIntervalWithTheCount) {
    std::vector<std::string> lines;
    Log log({}, [&](std::string_view line) { lines.emplace_back(line); });
    ManualClock clock;
    SayOnce full(log, clock, LogLevel::warn, 60'000'000);
    for (int i = 0; i < 5; ++i)
        full.say("disk full");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(behind_time(lines[0]), "warning disk full\n");
    clock.steady = 59'999'999;
    full.say("disk full");
    ASSERT_EQ(lines.size(), 1U);
    clock.steady = 60'000'000;
    full.say("disk full");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(behind_time(lines[1]), "warning disk full (5 more since the last line)\n");
    clock.steady = 120'000'000;
    full.say("disk full");
    EXPECT_EQ(behind_time(lines.at(2)), "warning disk full\n");
}

TEST(Metrics, WritesThePrometheusTextFormat) {
    Metrics metrics;
    metrics.add([] {
        MetricFamily requests{"requests_total", "Answers.", MetricKind::counter, {}};
        requests.samples.push_back({{{"class", "2xx"}}, 12, {}});
        requests.samples.push_back({{{"class", "a\"\\\nb"}}, 1, {}});
        return std::vector{std::move(requests), gauge("lag", "Events behind.", 0.5)};
    });
    metrics.add([] {
        MetricFamily latency{"latency_seconds", "Time.", MetricKind::histogram, {}};
        latency.samples.push_back({{}, 0, {{0.001, 0.01}, {3, 4}, 5, 0.25}});
        return std::vector{std::move(latency)};
    });
    EXPECT_EQ(metrics.text(),
              "# HELP requests_total Answers.\n"
              "# TYPE requests_total counter\n"
              "requests_total{class=\"2xx\"} 12\n"
              "requests_total{class=\"a\\\"\\\\\\nb\"} 1\n"
              "# HELP lag Events behind.\n"
              "# TYPE lag gauge\n"
              "lag 0.5\n"
              "# HELP latency_seconds Time.\n"
              "# TYPE latency_seconds histogram\n"
              "latency_seconds_count 5\n"
              "latency_seconds_sum 0.25\n"
              "latency_seconds_bucket{le=\"0.001\"} 3\n"
              "latency_seconds_bucket{le=\"0.01\"} 4\n"
              "latency_seconds_bucket{le=\"+Inf\"} 5\n");
}

TEST(ProcessMetrics, DescribeThisProcess) {
    double resident = 0;
    double threads = 0;
    double start = 0;
    double descriptors = 0;
    for (const auto& family : process_metrics()) {
        const double value = family.samples.at(0).value;
        if (family.name == "process_resident_memory_bytes") resident = value;
        if (family.name == "process_threads") threads = value;
        if (family.name == "process_start_time_seconds") start = value;
        if (family.name == "process_open_fds") descriptors = value;
    }
    const double now = static_cast<double>(SystemClock().now_us()) / 1e6;
    EXPECT_GT(resident, 1e6);
    EXPECT_EQ(threads, 1);
    EXPECT_GE(descriptors, 3);
    EXPECT_LT(start, now + 1);
    EXPECT_GT(start, now - 3600);
}

}  // namespace
}  // namespace cellmon::telemetry
