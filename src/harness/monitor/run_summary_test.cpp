// Goal: a report has the names that test authors know, and says of a run what its samples were;
// what was never seen is null, not 0. Method: runs made of samples by hand, read back as JSON.
#include "harness/monitor/run_summary.hpp"

#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "harness/monitor/exporter.hpp"
#include "harness/monitor/monitor_json.hpp"
#include "harness/monitor/monitor_text.hpp"

namespace cellmon::harness::monitor {
namespace {

Sample sample_of(double cpu, double memory_mb, double response_ms) {
    Sample sample;
    sample.at = 1'700'000'000'000'000;
    for (Reading& reading : sample.readings)
        reading = Reading::none("not asked for");
    sample[Metric::cpu_percent] = Reading::of(cpu);
    sample[Metric::memory_mb] = Reading::of(memory_mb);
    sample[Metric::response_time] = Reading::of(response_ms);
    sample.processes = {{"server", 17, Reading::of(cpu), Reading::of(memory_mb)}};
    return sample;
}

struct Json {
    explicit Json(const std::string& text) : element(parser.parse(text)) {}
    [[nodiscard]] simdjson::dom::element at(std::string_view pointer) const {
        return element.at_pointer(pointer);
    }
    [[nodiscard]] double number(std::string_view pointer) const {
        return element.at_pointer(pointer).get_double();
    }
    [[nodiscard]] std::set<std::string> names(std::string_view pointer) const {
        std::set<std::string> names;
        const simdjson::dom::object object = at(pointer);
        for (const auto field : object)
            names.insert(std::string(field.key));
        return names;
    }
    simdjson::dom::parser parser;
    simdjson::dom::element element;
};

using Names = std::set<std::string>;

TEST(LoadTestReport, HasTheNamesOfTheRequirements) {
    RunSummary run({});
    run.add(sample_of(10, 100, 2));
    run.add(sample_of(30, 400, 4));
    run.add(sample_of(20, 300, 3));
    const Json json(load_test_json({"教室 100", "1000", 1.5}, run));
    EXPECT_EQ(json.names(""), (Names{"test_name", "expected_load", "test_duration_seconds",
                                     "performance_summary", "success_criteria"}));
    EXPECT_EQ(json.names("/performance_summary"), (Names{"latest_metrics", "statistics"}));
    EXPECT_EQ(json.names("/performance_summary/statistics"), (Names{"cpu", "memory"}));
    EXPECT_EQ(json.names("/performance_summary/statistics/cpu"),
              (Names{"current", "average", "peak"}));
    EXPECT_EQ(json.names("/success_criteria"),
              (Names{"cpu_under_80_percent", "memory_under_4gb", "response_time_under_500ms",
                     "error_rate_under_0_1_percent"}));
    EXPECT_EQ(std::string_view(json.at("/test_name")), "教室 100");
    EXPECT_EQ(json.number("/expected_load"), 1'000);
    EXPECT_EQ(json.number("/test_duration_seconds"), 1.5);
    EXPECT_EQ(json.number("/performance_summary/statistics/cpu/current"), 20);
    EXPECT_EQ(json.number("/performance_summary/statistics/cpu/average"), 20);
    EXPECT_EQ(json.number("/performance_summary/statistics/cpu/peak"), 30);
    EXPECT_EQ(json.number("/performance_summary/statistics/memory/peak"), 400);
    EXPECT_EQ(json.number("/performance_summary/latest_metrics/memory_mb"), 300);
    EXPECT_TRUE(bool(json.at("/success_criteria/cpu_under_80_percent")));
    EXPECT_TRUE(json.at("/success_criteria/error_rate_under_0_1_percent").is_null());
}

TEST(LoadTestReport, ALoadInWordsStaysOne) {
    RunSummary run({});
    run.add(sample_of(1, 1, 1));
    for (const char* words : {"10 events/s each", "", "007", "1e3"}) {
        const Json json(load_test_json({"a", words, 1}, run));
        EXPECT_EQ(std::string_view(json.at("/expected_load")), words);
    }
}

TEST(SuccessCriteria, AreBrokenByASingleSampleOrByTheWhole) {
    RunSummary run({});
    for (int i = 0; i < 99; ++i)
        run.add(sample_of(10, 100, 2));
    EXPECT_TRUE(criteria_of(run).hold());
    Sample worst = sample_of(80, 4'000, 10'000);
    worst.answers = 1'000;
    worst.failures = 1;
    run.add(worst);
    const SuccessCriteria criteria = criteria_of(run);
    EXPECT_EQ(criteria.cpu_under_80_percent, false);
    EXPECT_EQ(criteria.memory_under_4gb, false);
    EXPECT_EQ(criteria.response_time_under_500ms, true) << "one of a hundred";
    EXPECT_EQ(criteria.error_rate_under_0_1_percent, false);
    EXPECT_FALSE(criteria.hold());
    for (int i = 0; i < 9; ++i)
        run.add(sample_of(10, 100, 600));
    EXPECT_EQ(criteria_of(run).response_time_under_500ms, false);
}

TEST(RunSummary, RemembersTheWorst) {
    RunSummary run({});
    run.add(sample_of(10, 100, 2));
    run.add(sample_of(90, 100, 2));
    const TimeUs first = run.worst_at();
    Sample as_bad = sample_of(90, 100, 2);
    as_bad.at = first + kSecondUs;
    run.add(std::move(as_bad));
    EXPECT_EQ(run.worst_at(), first);
    run.add(sample_of(75, 300, 2));
    EXPECT_EQ(run.health().status, Status::warning);
    EXPECT_EQ(run.worst_health().status, Status::critical);
    EXPECT_EQ(run.samples_with(Status::healthy), 1U);
    EXPECT_EQ(run.samples_with(Status::critical), 2U);
    const Json json(summary_json(run));
    EXPECT_EQ(std::string_view(json.at("/health_status")), "warning");
    EXPECT_EQ(std::string_view(json.at("/worst_health/status")), "critical");
    EXPECT_EQ(json.number("/processes/server/memory_growth_mb"), 200);
    EXPECT_NE(report_text(run, 3, std::nullopt).find("growth 200.0 MB"), std::string::npos);
}

TEST(RunSummary, TellsWhatItComesToSoFar) {
    RunSummary run({});
    Sample sample = sample_of(10, 100, 2);
    sample.troubles.push_back({Status::warning, "Redis does not answer"});
    run.add(sample);
    const Json plain(running_json(run, std::nullopt));
    EXPECT_EQ(std::string_view(plain.at("/summary/health_status")), "warning");
    EXPECT_EQ(std::string_view(plain.at("/summary/latest_metrics/troubles/0/text")),
              "Redis does not answer");
    EXPECT_EQ(std::string_view(plain.at("/summary/latest_metrics/troubles/0/status")), "warning");
    EXPECT_FALSE(plain.names("").contains("report"));
    const Json test(running_json(run, LoadTest{"教室", "1000", 2.5}));
    EXPECT_EQ(test.number("/report/test_duration_seconds"), 2.5);
    EXPECT_EQ(std::string_view(test.at("/report/test_name")), "教室");
    EXPECT_EQ(test.number("/summary/statistics/cpu/peak"), 10);
}

TEST(SampleJson, NullHasAReason) {
    const Sample sample = sample_of(12.5, 100, 2);
    const Json json(json_of(sample, judge(sample, {})));
    for (const MetricInfo& info : metric_infos()) {
        const std::string name(info.name);
        EXPECT_EQ(json.at("/" + name).is_null(), json.names("/unavailable").contains(name)) << name;
    }
    EXPECT_EQ(json.number("/cpu_percent"), 12.5);
    EXPECT_EQ(std::string_view(json.at("/unavailable/error_rate")), "not asked for");
    EXPECT_EQ(std::string_view(json.at("/timestamp")), "2023-11-14T22:13:20.000000Z");
}

TEST(PrometheusText, LeavesOutWhatCouldNotBeRead) {
    Sample sample = sample_of(12.5, 100, 2);
    sample.processes[0].name = "a\"b\\c\nd";
    const std::string text = prometheus_text(sample, {Status::critical, {}});
    EXPECT_NE(text.find("# TYPE cellmon_monitor_cpu_percent gauge\ncellmon_monitor_cpu_percent "
                        "12.5\n"),
              std::string::npos);
    EXPECT_NE(text.find("\ncellmon_monitor_health 2\n"), std::string::npos);
    EXPECT_NE(text.find("process_memory_mb{process=\"a\\\"b\\\\c d\"} 100\n"), std::string::npos);
    EXPECT_EQ(text.find("error_rate"), std::string::npos);
}

TEST(ExportAddress, IsTheLoopbackUnlessSaidOtherwise) {
    EXPECT_EQ(ExportAddress::parse("9180", false)->host, "127.0.0.1");
    EXPECT_EQ(ExportAddress::parse("localhost:9180", false)->port, 9180);
    EXPECT_TRUE(ExportAddress::parse("127.0.0.2:9180", false).has_value());
    EXPECT_FALSE(ExportAddress::parse("0.0.0.0:9180", false).has_value());
    EXPECT_TRUE(ExportAddress::parse("0.0.0.0:9180", true).has_value());
    for (const char* bad : {"", ":", "a:1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x"})
        EXPECT_FALSE(ExportAddress::parse(bad, true).has_value()) << bad;
}

}  // namespace
}  // namespace cellmon::harness::monitor
