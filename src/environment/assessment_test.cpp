// Goal: reports are read however clients write them; what differs, health and analysis are what the
// reports say, and nothing is constant. Method: small reports; each rule alone.
#include "environment/assessment.hpp"

#include <gtest/gtest.h>

namespace cellmon::environment {
namespace {

const TimeUs kNow = *parse_time("2026-11-23T00:00:00Z");

Report healthy() {
    return parse_report(R"({"python":"3.12.4","packages":{"numpy":"2.1.0"}})");
}

TEST(Report, EveryFormIsRead) {
    for (
        const char* json : {
            R"({"python":"3.11.2","platform":"Linux","packages":{"Scikit_Learn":"1.5"}})",
            R"({"python":{"version":"3.11.2"},"platform":{"platform":"Linux"},"packages":{"scikit-learn":{"version":"1.5"}}})",
            R"({"python_env":{"python_version":"3.11.2"},"system_env":{"platform":"Linux"},"packages":[{"name":"scikit.learn","version":"1.5"}]})",
            R"({"python":"3.11.2","platform":"Linux","packages":["x","scikit-learn==1.5"]})",
        }) {
        const Report report = parse_report(json);
        EXPECT_EQ(report.python_version, "3.11.2") << json;
        EXPECT_EQ(report.platform, "Linux") << json;
        ASSERT_TRUE(report.packages.contains("scikit-learn")) << json;
        EXPECT_EQ(report.packages.at("scikit-learn").version, "1.5") << json;
    }
}

TEST(Report, WhatDoesNotFitIsPassedOver) {
    for (const char* json : {"", "{", "[]", "7", R"({"python":7,"platform":[],"packages":"x"})",
                             R"({"packages":[7,{"name":""},{"version":"1"},[],"=="]})",
                             R"({"packages":{"":"1","a":7}})"}) {
        const Report report = parse_report(json);
        EXPECT_EQ(report.python_version, "") << json;
        EXPECT_TRUE(report.packages.empty()) << json;
    }
}

TEST(Report, VersionsOfPython) {
    EXPECT_EQ(python_version("3.11.2"), (PythonVersion{3, 11, 2}));
    EXPECT_EQ(python_version("3.12.0rc1"), (PythonVersion{3, 12, 0}));
    EXPECT_EQ(python_version("3.9"), (PythonVersion{3, 9, 0}));
    EXPECT_EQ(python_version(""), (PythonVersion{0, 0, 0}));
    EXPECT_LT(python_version("3.9.18"), python_version("3.10"));
}

TEST(Assessment, DifferencesAreNamed) {
    const Report before = parse_report(
        R"({"python":"3.11.2","packages":{"a":"1","b":"1","gone":"3"},"platform":{"os_name":"Linux"}})");
    const Report after = parse_report(
        R"({"python":"3.12.0","packages":{"a":"1","b":"2","new":"4"},"platform":{"os_name":"Linux"}})");
    const Difference found = difference(before, after);
    ASSERT_EQ(found.packages.size(), 3U);
    EXPECT_EQ(found.packages[0].name, "b");
    EXPECT_EQ(found.packages[0].old_version, "1");
    EXPECT_EQ(found.packages[0].new_version, "2");
    EXPECT_EQ(found.packages[1].name, "gone");
    EXPECT_EQ(found.packages[1].new_version, std::nullopt);
    EXPECT_EQ(found.packages[2].name, "new");
    EXPECT_EQ(found.packages[2].old_version, std::nullopt);
    ASSERT_EQ(found.fields.size(), 1U);
    EXPECT_EQ(found.fields[0].field, "python_version");
    EXPECT_FALSE(difference(after, after).any());
}

TEST(Assessment, HealthFollowsEachRule) {
    EXPECT_EQ(health_of(healthy(), kNow).score, 1.0);
    EXPECT_EQ(health_of(healthy(), kNow).level, "excellent");
    EXPECT_TRUE(health_of(healthy(), kNow).warnings.empty());
    Report report = healthy();
    report.python_version = "3.9.2";
    EXPECT_EQ(health_of(report, kNow).score, 0.9);
    EXPECT_EQ(health_of(report, kNow).level, "excellent");
    EXPECT_EQ(health_of(report, kNow).warnings.size(), 1U) << "its maintenance has ended";
    report.python_version = "3.7.9";
    EXPECT_EQ(health_of(report, kNow).score, 0.7);
    EXPECT_EQ(health_of(report, kNow).level, "good");
    report.memory_usage_mb = 1'001;
    EXPECT_EQ(health_of(report, kNow).score, 0.5);
    EXPECT_EQ(health_of(report, kNow).level, "warning");
    report.cpu_usage_percent = 81;
    EXPECT_EQ(health_of(report, kNow).score, 0.4);
    EXPECT_EQ(health_of(report, kNow).level, "critical");
    for (int i = 0; i < 501; ++i)
        report.packages["p" + std::to_string(i)] = {"p", "1", {}};
    EXPECT_EQ(health_of(report, kNow).score, 0.3);
    report.conflicts = {"a requires b"};
    EXPECT_EQ(health_of(report, kNow).warnings.back(), "a requires b");
}

TEST(Assessment, AnalysisFollowsTheReport) {
    const Analysis good = analysis_of(healthy(), kNow);
    EXPECT_TRUE(good.is_supported);
    EXPECT_EQ(good.eol_date, "2028-10-31");
    EXPECT_EQ(good.overall_score, 1.0);
    EXPECT_TRUE(good.jupyter_is_compatible);
    Report old = parse_report(
        R"({"python":"3.10.1","memory_usage_mb":1100,"packages":{"jupyterlab":"4.2.0","ipykernel":"6.4.2","jupyter_server":"2.14.0"}})");
    const Analysis bad = analysis_of(old, kNow);
    EXPECT_FALSE(bad.is_supported) << "since three weeks";
    EXPECT_EQ(bad.python_version_score, 0.5);
    EXPECT_EQ(bad.memory_efficiency, 0.5);
    EXPECT_FALSE(bad.jupyter_is_compatible);
    ASSERT_EQ(bad.recommended.size(), 1U);
    EXPECT_EQ(bad.recommended[0].name, "ipykernel");
    EXPECT_EQ(bad.recommended[0].new_version, "6.5.0");
    EXPECT_DOUBLE_EQ(bad.overall_score, 2.0 / 3 - 0.1);
    old.python_version = "3.11.0";
    EXPECT_EQ(analysis_of(old, kNow).python_version_score, 0.75) << "less than a year is left";
    old.python_version = "3.99.0";
    EXPECT_TRUE(analysis_of(old, kNow).is_supported);
    EXPECT_EQ(analysis_of(old, kNow).eol_date, std::nullopt);
}

}  // namespace
}  // namespace cellmon::environment
