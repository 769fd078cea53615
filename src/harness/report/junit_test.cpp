#include "harness/report/junit.hpp"

#include <gtest/gtest.h>

#include "harness/report/numbers.hpp"
#include "harness/report/test_reports.hpp"

namespace cellmon::harness::report {
namespace {

bool has(const std::string& xml, std::string_view piece) {
    return xml.find(piece) != std::string::npos;
}

TEST(Junit, HasASuiteForEachPhaseAndACaseForEachCriterion) {
    const std::string xml = junit_xml(realistic_run());
    EXPECT_TRUE(has(
        xml,
        R"(<testsuites name="100-students" tests="11" failures="2" errors="2" skipped="1" time="1020.000">)"))
        << xml;
    EXPECT_TRUE(has(
        xml,
        R"(<testsuite name="2.1 phased load" tests="4" failures="0" errors="0" skipped="0" time="300.000" timestamp="2026-09-21T14:13:20">)"))
        << xml;
    EXPECT_TRUE(has(xml, R"(<testcase classname="100-students.2.1" name="latency_p95"/>)")) << xml;
}

TEST(Junit, SaysWhatIsBrokenAndEscapesIt) {
    const std::string xml = junit_xml(realistic_run());
    EXPECT_TRUE(has(xml,
                    "<failure message=\"measured 61.4 s, limit ≤ 60 s: The stream had caught "
                    "up 61.4 s after the fault ended: &lt;b&gt;too late&lt;/b&gt; &amp; "
                    "&quot;late&quot;\"/>"))
        << xml;
    EXPECT_TRUE(has(xml, "<failure message=\"not measured, limit = 0: InfluxDB gave no answer"))
        << xml;
}

TEST(Junit, WhatProvesNothingHasNotPassed) {
    const std::string xml = junit_xml(realistic_run());
    EXPECT_TRUE(has(xml,
                    "name=\"phase\">\n      <skipped message=\"not applicable: The profile "
                    "names no data directory\"/>"))
        << xml;
    EXPECT_TRUE(has(xml, "<error message=\"invalid: The generator was late")) << xml;
    EXPECT_TRUE(has(xml, "<error message=\"not run: The plan was stopped\"/>")) << xml;
}

TEST(Junit, AFailedPhaseHasAFailureWhateverItsCriteriaSay) {
    RunReport run = realistic_run();
    run.phases.resize(1);
    run.phases[0].verdict = Verdict::failed;
    run.phases[0].reason = "the server ended";
    const std::string xml = junit_xml(run);
    EXPECT_TRUE(has(xml, R"(tests="5" failures="1")")) << xml;
    EXPECT_TRUE(has(xml, "name=\"phase\">\n      <failure message=\"failed: the server ended\"/>"))
        << xml;
}

TEST(Junit, OfAPartSaysSo) {
    RunReport run = realistic_run();
    EXPECT_TRUE(has(junit_xml(run), R"(<property name="left_out" value=""/>)"));
    run.left_out = {"1.1", "3.2"};
    const std::string xml = junit_xml(run);
    EXPECT_TRUE(has(xml, R"(<testsuites name="100-students, 3 of 7 phases played" tests="11")"))
        << xml;
    EXPECT_TRUE(has(xml, R"(<property name="left_out" value="1.1 3.2"/>)")) << xml;
    EXPECT_TRUE(has(xml, R"(classname="100-students.2.1")")) << "what is played has its name";
}

TEST(Numbers, AreReadable) {
    EXPECT_EQ(readable(0), "0");
    EXPECT_EQ(readable(165'281), "165,281");
    EXPECT_EQ(readable(-1'234), "-1,234");
    EXPECT_EQ(readable(123), "123");
    EXPECT_EQ(readable(0.43117), "0.4312");
    EXPECT_EQ(readable(12.5), "12.5");
    EXPECT_EQ(readable(99.951), "99.95");
    EXPECT_EQ(readable(12'345.678), "12,346");
    EXPECT_EQ(readable(1.0 / 0.0), "–");
    EXPECT_EQ(with_unit(4.2, "ms"), "4.2 ms");
    EXPECT_EQ(readable_length(42 * kSecondUs), "42.0 s");
    EXPECT_EQ(readable_length(290 * kSecondUs), "4 min 50 s");
    EXPECT_EQ(readable_length(4 * kHourUs + 59 * kMinuteUs), "4 h 59 min");
}

TEST(Numbers, ABrokenLimitNeverLooksKept) {
    const Criterion late{"latency_p95", "≤ 500", "ms", 500.004, false, "", ""};
    EXPECT_EQ(measured_text(late), "500.004 ms");
    EXPECT_EQ(measured_text({"latency_p95", "≤ 500", "ms", 500, true, "", ""}), "500 ms");
}

}  // namespace
}  // namespace cellmon::harness::report
