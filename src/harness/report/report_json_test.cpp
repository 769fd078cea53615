#include "harness/report/report_json.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/test_reports.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

// Random models ---------------------------------------------------------------------------------

rc::Gen<std::string> any_bytes() {
    return rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

double any_number() {
    return *rc::gen::suchThat(rc::gen::arbitrary<double>(),
                              [](double value) { return std::isfinite(value); });
}

std::optional<double> perhaps_number() {
    return *rc::gen::arbitrary<bool>() ? std::optional(any_number()) : std::nullopt;
}

TimeUs any_time() {
    return *rc::gen::inRange<TimeUs>(0, 4'000'000'000'000'000);
}

std::optional<TimeUs> perhaps_time() {
    return *rc::gen::arbitrary<bool>() ? std::optional(any_time()) : std::nullopt;
}

template <typename Make>
auto some(const Make& make) {
    std::vector<decltype(make())> made(*rc::gen::inRange<std::size_t>(0, 4));
    for (auto& one : made)
        one = make();
    return made;
}

Criterion any_criterion() {
    return {*any_bytes(),
            *any_bytes(),
            *any_bytes(),
            perhaps_number(),
            *rc::gen::arbitrary<bool>(),
            *any_bytes(),
            *any_bytes(),
            *rc::gen::arbitrary<bool>()};
}

Figure any_figure() {
    return {
        *any_bytes(), *any_bytes(), any_number(),
        *rc::gen::element(Figure::Better::lower, Figure::Better::higher, Figure::Better::neither)};
}

Series any_series(TimeUs began) {
    Series series{*any_bytes(), *any_bytes(), {}, {}};
    series.at = some([&] { return began + *rc::gen::inRange<TimeUs>(-kHourUs, kDayUs); });
    for (std::size_t i = 0; i < series.at.size(); ++i)
        series.value.push_back(perhaps_number());
    return series;
}

PhaseReport any_phase() {
    PhaseReport phase;
    phase.id = *any_bytes();
    phase.name = *any_bytes();
    phase.name_ja = *any_bytes();
    phase.verdict = *rc::gen::element(Verdict::passed, Verdict::failed, Verdict::not_applicable,
                                      Verdict::not_run, Verdict::invalid);
    phase.reason = *any_bytes();
    phase.reason_ja = *any_bytes();
    phase.began = any_time();
    phase.ended = any_time();
    phase.criteria = some(any_criterion);
    phase.figures = some(any_figure);
    phase.series = some([&] { return any_series(phase.began); });
    phase.faults = some([] {
        return Fault{*any_bytes(), *any_bytes(), any_time(), perhaps_time(), perhaps_time()};
    });
    return phase;
}

RunReport any_run() {
    RunReport run;
    run.plan = *any_bytes();
    run.profile = *any_bytes();
    run.target = *any_bytes();
    run.quick = *rc::gen::arbitrary<bool>();
    run.interrupted = *rc::gen::arbitrary<bool>();
    run.seed = *rc::gen::arbitrary<std::uint64_t>();
    run.began = any_time();
    run.ended = any_time();
    run.machine = {*any_bytes(), *rc::gen::arbitrary<std::uint64_t>(),
                   *rc::gen::arbitrary<std::uint64_t>(), *any_bytes(), *any_bytes()};
    run.bottleneck = *any_bytes();
    run.bottleneck_reason = *any_bytes();
    run.bottleneck_reason_ja = *any_bytes();
    run.phases = some(any_phase);
    run.left_out = some([] { return *any_bytes(); });
    return run;
}

// All of a model, as text ------------------------------------------------------------------------

template <typename Value>
std::string shown(const std::optional<Value>& value) {
    return value ? fmt::format("{}", *value) : "none";
}

std::string all_of(const PhaseReport& phase) {
    std::string all =
        fmt::format("{}|{}|{}|{}|{}|{}|{}|{}\n", clean_text(phase.id), clean_text(phase.name),
                    clean_text(phase.name_ja), name_of(phase.judged()), clean_text(phase.reason),
                    clean_text(phase.reason_ja), phase.began, phase.ended);
    for (const Criterion& c : phase.criteria) {
        all += fmt::format("criterion {}|{}|{}|{}|{}|{}|{}\n", clean_text(c.name),
                           clean_text(c.limit), clean_text(c.unit), shown(c.measured), c.held,
                           clean_text(c.reason), clean_text(c.reason_ja));
    }
    for (const Figure& f : phase.figures) {
        all += fmt::format("figure {}|{}|{}|{}\n", clean_text(f.name), clean_text(f.unit), f.value,
                           name_of(f.better));
    }
    for (const Series& s : phase.series) {
        all += fmt::format("series {}|{}\n", clean_text(s.name), clean_text(s.unit));
        for (std::size_t i = 0; i < s.at.size(); ++i)
            all += fmt::format("{}={} ", s.at[i], shown(s.value[i]));
    }
    for (const Fault& f : phase.faults) {
        all += fmt::format("fault {}|{}|{}|{}|{}\n", clean_text(f.kind), clean_text(f.target),
                           f.began, shown(f.ended), shown(f.recovered));
    }
    return all;
}

std::string all_of(const RunReport& run) {
    std::string all =
        fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", clean_text(run.plan),
                    clean_text(run.profile), clean_text(run.target), run.quick, run.interrupted,
                    run.seed, run.began, run.ended, clean_text(run.machine.cpu), run.machine.cores,
                    run.machine.memory_bytes, clean_text(run.machine.kernel),
                    clean_text(run.machine.file_system), clean_text(run.bottleneck),
                    clean_text(run.bottleneck_reason), clean_text(run.bottleneck_reason_ja));
    for (const std::string& id : run.left_out)
        all += fmt::format("left out {}\n", clean_text(id));
    for (const PhaseReport& phase : run.phases)
        all += all_of(phase);
    return all + std::string(name_of(run.verdict()));
}

TEST(ReportJson, IsReadAsItWasWritten) {
    EXPECT_TRUE(rc::check("any model comes back", [] {
        const RunReport run = any_run();
        const auto read = read_report_json(report_json(run));
        if (!read) RC_FAIL(read.error().message);
        RC_ASSERT(all_of(*read) == all_of(run));
    }));
}

TEST(ReportJson, IsWrittenAsItWasRead) {
    const std::string json = report_json(realistic_run());
    const auto read = read_report_json(json);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(report_json(*read), json);
}

TEST(ReportJson, OfAnOlderProgramLeavesNothingOut) {
    std::string json = report_json(realistic_run());
    const std::string_view field = R"("left_out":[],)";
    ASSERT_NE(json.find(field), std::string::npos);
    json.erase(json.find(field), field.size());
    const auto read = read_report_json(json);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->left_out.empty());
}

TEST(ReportJson, WhatIsNoNumberIsNull) {
    RunReport run = realistic_run();
    run.phases[0].figures[0].value = std::numeric_limits<double>::quiet_NaN();
    run.phases[0].criteria[0].measured = std::numeric_limits<double>::infinity();
    run.phases[0].series[0].value[0] = -std::numeric_limits<double>::infinity();
    const auto read = read_report_json(report_json(run));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(std::isnan(read->phases[0].figures[0].value));
    EXPECT_EQ(read->phases[0].criteria[0].measured, std::nullopt);
    EXPECT_EQ(read->phases[0].series[0].value[0], std::nullopt);
}

struct Mistake {
    const char* good;
    const char* bad;
    const char* complaint;
};

class ReportWithAMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(ReportWithAMistake, IsRefused) {
    std::string json = report_json(realistic_run());
    const auto at = json.find(GetParam().good);
    ASSERT_NE(at, std::string::npos);
    json.replace(at, std::string(GetParam().good).size(), GetParam().bad);
    const auto read = read_report_json(json);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find(GetParam().complaint), std::string::npos)
        << read.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, ReportWithAMistake,
    ::testing::Values(
        Mistake{R"("plan":"100-students",)", "", "plan: is missing"},
        Mistake{R"("plan":"100-students")", R"("plan":7)", "plan: is no text"},
        Mistake{R"("quick":false)", R"("quick":0)", "quick: is neither true nor false"},
        Mistake{R"("seed":)", R"("seed":-)", "seed: is no whole number"},
        Mistake{R"("plan":"100-students")", R"("plan":"a","plan":"b")", "one twice"},
        Mistake{R"("interrupted":true)", R"("interrupted":true,"more":1)", "unknown"},
        Mistake{R"("left_out":[])", R"("left_out":["1.1",7])", "left_out[1]: is no text"},
        Mistake{R"("left_out":[])", R"("left_out":"1.1")", "left_out: is no list"},
        Mistake{R"("cores":2)", R"("cores":2,"more":1)", "machine: has a field that is unknown"},
        Mistake{R"("held":true)", R"("held":true,"more":1)",
                "phases[0].criteria[0]: has a field that is unknown"},
        Mistake{R"("better":"lower")", R"("better":"lowest")",
                "phases[0].figures[0].better: is none of the known words: lowest"},
        Mistake{R"("held":true)", R"("held":false)", "phases[0].verdict: is passed, but"},
        Mistake{R"("verdict":"failed")", R"("verdict":"passed")",
                "verdict: is not what the phases come to"},
        Mistake{R"("at_us":[0,)", R"("at_us":[)",
                "phases[0].series[0].value: is not as long as at_us"},
        Mistake{R"("at_us":[0,)", R"("at_us":[0.5,)", "microseconds since the phase began"},
        Mistake{R"("began":"2)", R"("began":" 2)", "began: is no time"},
        Mistake{R"("value":14.2)", R"("value":"14.2")", "value: is no number"},
        Mistake{R"("faults":[)", R"("faults":null,"x":[)", "phases[0].faults: is no list"},
        Mistake{R"("version":1)", R"("version":2)", "version 2"},
        Mistake{"cellmon-run-report", "another", "format: is not cellmon-run-report"},
        Mistake{"{", "", "is no JSON"}, Mistake{"]}\n", "", "is no JSON"}));

// Verdicts ---------------------------------------------------------------------------------------

RunReport run_with(std::initializer_list<Verdict> verdicts) {
    RunReport run;
    for (const Verdict verdict : verdicts) {
        run.phases.emplace_back();
        run.phases.back().verdict = verdict;
    }
    return run;
}

TEST(Verdict, OfAPartSaysHowMuchOfThePlanWasPlayed) {
    using enum Verdict;
    RunReport run = run_with({passed, not_applicable, passed});
    EXPECT_EQ(words_of(run).en, "passed");
    EXPECT_EQ(words_of(run).ja, "合格");
    run.left_out = {"4.1", "4.2"};
    EXPECT_EQ(run.verdict(), passed);
    EXPECT_EQ(words_of(run).en, "passed, 2 of 5 phases played");
    EXPECT_EQ(words_of(run).ja, "合格、全 5 フェーズ中 2 フェーズを実施");
    run.phases[0].verdict = failed;
    run.phases[2].verdict = not_run;
    EXPECT_EQ(words_of(run).en, "failed, 1 of 5 phases played");
}

TEST(Verdict, OfARunFollowsFromItsPhases) {
    using enum Verdict;
    EXPECT_EQ(run_with({}).verdict(), not_run);
    EXPECT_EQ(run_with({passed, passed}).verdict(), passed);
    EXPECT_EQ(run_with({passed, not_applicable}).verdict(), passed);
    EXPECT_EQ(run_with({not_applicable}).verdict(), not_applicable);
    EXPECT_EQ(run_with({passed, not_run}).verdict(), not_run);
    EXPECT_EQ(run_with({passed, invalid, not_run}).verdict(), invalid);
    EXPECT_EQ(run_with({invalid, failed, not_run}).verdict(), failed);
    RunReport interrupted = run_with({passed});
    interrupted.interrupted = true;
    EXPECT_EQ(interrupted.verdict(), not_run);
}

TEST(Verdict, OfAPhaseIsNotPassedWithSomethingBroken) {
    RunReport run = run_with({Verdict::passed});
    run.phases[0].criteria = {{"events_lost", "= 0", "", 0.0, true, "", ""}};
    run.phases[0].faults = {{"kill", "redis", 0, 1, std::nullopt}};
    EXPECT_EQ(run.verdict(), Verdict::passed);
    run.phases[0].faults[0].ended.reset();
    EXPECT_EQ(run.verdict(), Verdict::failed);
    run.phases[0].faults.clear();
    run.phases[0].criteria[0].held = false;
    EXPECT_EQ(run.verdict(), Verdict::failed);
}

}  // namespace
}  // namespace cellmon::harness::report
