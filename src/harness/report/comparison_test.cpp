#include "harness/report/comparison.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/report/comparison_text.hpp"
#include "harness/report/test_reports.hpp"

namespace cellmon::harness::report {
namespace {

constexpr double kTolerance = 5;

RunReport run_with(Criterion criterion) {
    RunReport run = realistic_run();
    run.phases.resize(1);
    run.phases[0].verdict = criterion.held ? Verdict::passed : Verdict::failed;
    run.phases[0].criteria = {std::move(criterion)};
    run.phases[0].figures.clear();
    return run;
}

Value second_of(const RunReport& a, const RunReport& b) {
    const Comparison comparison = compare({{"a", a}, {"b", b}}, kTolerance);
    EXPECT_EQ(comparison.rows.size(), 1U);
    return comparison.rows.at(0).values.at(1);
}

Change change_of(const std::string& limit, double before, bool held_before, double now, bool held) {
    return second_of(run_with({"x", limit, "", before, held_before, "", ""}),
                     run_with({"x", limit, "", now, held, "", ""}))
        .change;
}

TEST(Comparison, TheLimitSaysWhatIsBetter) {
    EXPECT_EQ(change_of("≤ 500", 100, true, 106, true), Change::worse);
    EXPECT_EQ(change_of("< 500", 100, true, 94, true), Change::better);
    EXPECT_EQ(change_of("≥ 10", 100, true, 106, true), Change::better);
    EXPECT_EQ(change_of("> 10", 100, true, 94, true), Change::worse);
    EXPECT_EQ(change_of("= 100", 90, false, 99, false), Change::better);
    EXPECT_EQ(change_of("= 100", 101, false, 120, false), Change::worse);
    EXPECT_EQ(change_of("all equal", 90, true, 99, true), Change::differs);
}

TEST(Comparison, WithinTheToleranceIsTheSame) {
    EXPECT_EQ(change_of("≤ 500", 100, true, 105, true), Change::same);
    EXPECT_EQ(change_of("≤ 500", 100, true, 95, true), Change::same);
    // From 0 on, the limit is the scale.
    EXPECT_EQ(change_of("≤ 500", 0, true, 25, true), Change::same);
    EXPECT_EQ(change_of("≤ 500", 0, true, 26, true), Change::worse);
    EXPECT_EQ(change_of("= 0", 0, true, 0, true), Change::same);
    EXPECT_EQ(change_of("= 0", 0, false, 0.001, false), Change::worse);
}

TEST(Comparison, APromiseThatBreaksIsWorseHoweverLittle) {
    EXPECT_EQ(change_of("≤ 500", 499, true, 501, false), Change::worse);
    EXPECT_EQ(change_of("≤ 500", 501, false, 499, true), Change::better);
    const Value unmeasured = second_of(run_with({"x", "≤ 500", "", 499, true, "", ""}),
                                       run_with({"x", "≤ 500", "", std::nullopt, false, "", ""}));
    EXPECT_EQ(unmeasured.change, Change::worse);
}

TEST(Comparison, OfFiguresTheDirectionIsSaid) {
    RunReport a = run_with({"x", "≤ 500", "", 1, true, "", ""});
    a.phases[0].criteria.clear();
    a.phases[0].figures = {{"f", "", 100, Figure::Better::higher}};
    RunReport b = a;
    b.phases[0].figures[0].value = 110;
    EXPECT_EQ(second_of(a, b).change, Change::better);
    EXPECT_DOUBLE_EQ(*second_of(a, b).percent, 10);
    a.phases[0].figures[0].better = Figure::Better::neither;
    EXPECT_EQ(second_of(a, b).change, Change::differs);
    b.phases[0].figures[0].value = std::nan("");
    EXPECT_EQ(second_of(a, b).change, Change::unknown);
}

TEST(Comparison, APhaseWithoutAResultIsNotCompared) {
    const RunReport a = run_with({"x", "≤ 500", "", 100, true, "", ""});
    for (const Verdict verdict : {Verdict::invalid, Verdict::not_run, Verdict::not_applicable}) {
        RunReport b = a;
        b.phases[0].verdict = verdict;
        b.phases[0].criteria[0].measured = 1;
        EXPECT_EQ(second_of(a, b).change, Change::unknown);
        EXPECT_EQ(second_of(a, b).measured, std::nullopt);
    }
}

TEST(Comparison, HasTheRowsOfAllRuns) {
    RunReport a = realistic_run();
    RunReport b = realistic_run();
    a.phases.erase(a.phases.begin());
    b.phases.pop_back();
    const Comparison comparison = compare({{"a", a}, {"b", b}}, kTolerance);
    EXPECT_EQ(comparison.phases.size(), 5U);
    EXPECT_EQ(comparison.phases.front().id, "4.1");
    EXPECT_EQ(comparison.phases.back().verdicts[0], std::nullopt);
    EXPECT_EQ(comparison.phases.back().verdicts[1], Verdict::passed);
    EXPECT_EQ(comparison.count(Change::worse), 0U);
    EXPECT_GT(comparison.count(Change::unknown), 0U);
}

TEST(Comparison, SwappedRunsSwapBetterAndWorse) {
    EXPECT_TRUE(rc::check([] {
        const auto percent = [] { return *rc::gen::inRange(1, 100'000) / 100.0; };
        const auto limit = *rc::gen::element<std::string>("≤ 500", "≥ 500");
        const double before = percent();
        const double now = percent();
        const auto held = [&](double value) {
            return limit.starts_with("≤") ? value <= 500 : value >= 500;
        };
        const Change there = change_of(limit, before, held(before), now, held(now));
        const Change back = change_of(limit, now, held(now), before, held(before));
        if (there == Change::better) RC_ASSERT(back != Change::better);
        if (there == Change::worse) RC_ASSERT(back != Change::worse);
        if (held(before) != held(now))
            RC_ASSERT(there == (held(now) ? Change::better : Change::worse));
    }));
}

TEST(ComparisonText, SaysHowMuch) {
    const std::vector<NamedRun> runs{
        {"old", run_with({"latency_p95", "≤ 500", "ms", 100, true, "", ""})},
        {"new", run_with({"latency_p95", "≤ 500", "ms", 612, false, "", ""})}};
    const Comparison comparison = compare(runs, kTolerance);
    const std::string text = comparison_text(runs, comparison, false);
    EXPECT_NE(
        text.find("latency p95 [ms] (≤ 500)                     100            612✕ worse +512 %"),
        std::string::npos)
        << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_NE(comparison_text(runs, comparison, true).find("\x1b[31mworse +512 %"),
              std::string::npos);
}

TEST(ComparisonText, NamesWhatIsNotAlike) {
    RunReport other = realistic_run();
    other.quick = true;
    other.machine.cores = 64;
    EXPECT_EQ(unlike_in({{"a", realistic_run()}, {"b", other}}),
              (std::vector<std::string>{"length", "machine"}));
}

TEST(ComparisonText, OfAPartSaysSo) {
    RunReport part = realistic_run();
    part.left_out = {"1.1"};
    const std::vector<NamedRun> runs{{"a", realistic_run()}, {"b", part}};
    EXPECT_EQ(unlike_in(runs), std::vector<std::string>{"phases"});
    const std::string text = comparison_text(runs, compare(runs, kTolerance), false);
    EXPECT_NE(text.find("failed, 3 of 6 phases played"), std::string::npos) << text;
    EXPECT_NE(comparison_json(runs, compare(runs, kTolerance)).find(R"("left_out":["1.1"])"),
              std::string::npos);
}

TEST(ComparisonText, RunsHaveLetters) {
    EXPECT_EQ(letter_of(0), "A");
    EXPECT_EQ(letter_of(25), "Z");
    EXPECT_EQ(letter_of(26), "AA");
    EXPECT_EQ(letter_of(53), "BB");
}

TEST(Limits, AreRead) {
    EXPECT_EQ(number_in("≤ 1,000"), 1'000);
    EXPECT_EQ(number_in("= 0"), 0);
    EXPECT_EQ(number_in("≥ 99.9 %"), 99.9);
    EXPECT_EQ(number_in("all"), std::nullopt);
}

}  // namespace
}  // namespace cellmon::harness::report
