#include "harness/report/trend.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/report/report_files.hpp"
#include "harness/report/test_reports.hpp"

namespace cellmon::harness::report {
namespace {

namespace fs = std::filesystem;

constexpr double kTrendTolerance = 10;

/// The run of one day, with this latency.
NamedRun run_of(int day, double latency_ms) {
    RunReport run = realistic_run();
    run.phases.resize(1);
    run.phases[0].figures.clear();
    run.phases[0].criteria = {
        {"latency_p95", "≤ 500", "ms", latency_ms, latency_ms <= 500, "", ""}};
    run.phases[0].verdict = latency_ms <= 500 ? Verdict::passed : Verdict::failed;
    run.began += day * kDayUs;
    return {std::to_string(day), std::move(run)};
}

const TrendRow& only_row(const std::vector<Trend>& trends) {
    EXPECT_EQ(trends.size(), 1U);
    EXPECT_EQ(trends.at(0).rows.size(), 1U);
    return trends.at(0).rows.at(0);
}

TEST(Trend, HoldsTheNewestAgainstTheMedianOfFiveBefore) {
    // In any order: the time is what counts. 900 is too old.
    const auto trends = trends_of({run_of(6, 130), run_of(0, 900), run_of(1, 100), run_of(4, 400),
                                   run_of(2, 104), run_of(3, 102), run_of(5, 101)},
                                  kTrendTolerance);
    const TrendRow& row = only_row(trends);
    EXPECT_EQ(row.usual, 102);
    EXPECT_EQ(row.newest.measured, 130);
    EXPECT_EQ(row.newest.change, Change::worse);
    EXPECT_EQ(trends[0].runs.front().name, "0");
    EXPECT_EQ(trends[0].runs.back().name, "6");
}

TEST(Trend, WithinTheToleranceNothingHasChanged) {
    EXPECT_EQ(only_row(trends_of({run_of(0, 100), run_of(1, 109)}, kTrendTolerance)).newest.change,
              Change::same);
    EXPECT_EQ(only_row(trends_of({run_of(0, 100), run_of(1, 89)}, kTrendTolerance)).newest.change,
              Change::better);
}

TEST(Trend, ALimitThatBreaksIsWorse) {
    EXPECT_EQ(only_row(trends_of({run_of(0, 499), run_of(1, 501)}, kTrendTolerance)).newest.change,
              Change::worse);
}

TEST(Trend, OneRunIsNone) {
    EXPECT_EQ(only_row(trends_of({run_of(0, 499)}, kTrendTolerance)).newest.change,
              Change::unknown);
}

TEST(Trend, LikeIsHeldAgainstLikeAlone) {
    auto other_profile = run_of(1, 200);
    other_profile.report.profile = "embedded";
    auto quick = run_of(2, 300);
    quick.report.quick = true;
    auto machine = run_of(3, 300);
    machine.report.machine.cores = 64;
    EXPECT_EQ(trends_of({run_of(0, 100), other_profile, quick, machine}, kTrendTolerance).size(),
              4U);
}

class TrendOfFolder : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "cellmon-trend-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path folder_;
};

TEST_F(TrendOfFolder, ReadsAllBelowAndNamesTheBottleneck) {
    ASSERT_TRUE(write_report(run_of(0, 100).report, folder_ / "a"));
    ASSERT_TRUE(write_report(run_of(1, 100).report, folder_ / "deep" / "er" / "b"));
    fs::create_directories(folder_ / "broken");
    std::ofstream(folder_ / "broken" / "report.json") << "{";
    const auto trends = read_trends(folder_, kTrendTolerance);
    ASSERT_TRUE(trends) << trends.error().message;
    ASSERT_EQ(trends->trends.size(), 1U);
    EXPECT_EQ(trends->trends[0].runs[1].name, "deep/er/b");
    EXPECT_EQ(trends->trends[0].runs[1].report.bottleneck, "none");
    EXPECT_EQ(trends->unreadable.size(), 1U);
    const std::string text = trend_text(*trends, false);
    EXPECT_NE(text.find("left out: "), std::string::npos) << text;
    EXPECT_NE(text.find("▁▁          100 →          100  same"), std::string::npos) << text;
}

TEST_F(TrendOfFolder, APartSaysSo) {
    RunReport part = run_of(1, 100).report;
    part.left_out = {"4.1", "4.2"};
    ASSERT_TRUE(write_report(run_of(0, 100).report, folder_ / "a"));
    ASSERT_TRUE(write_report(part, folder_ / "b"));
    const auto trends = read_trends(folder_, kTrendTolerance);
    ASSERT_TRUE(trends) << trends.error().message;
    ASSERT_EQ(trends->trends.size(), 1U) << "its phases are held against those of whole runs";
    const std::string text = trend_text(*trends, false);
    EXPECT_NE(text.find("  b · "), std::string::npos) << text;
    EXPECT_NE(text.find(" phases played\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("  a · "), std::string::npos) << text;
    EXPECT_NE(trend_json(*trends).find(R"("left_out":["4.1","4.2"])"), std::string::npos);
}

TEST_F(TrendOfFolder, AnEmptyOneIsAnError) {
    const auto trends = read_trends(folder_, kTrendTolerance);
    ASSERT_FALSE(trends);
    EXPECT_EQ(trends.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace cellmon::harness::report
