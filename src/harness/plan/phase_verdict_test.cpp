#include "harness/plan/phase_verdict.hpp"

#include <gtest/gtest.h>

namespace cellmon::harness::plan {
namespace {

using report::Verdict;

report::PhaseReport with(std::initializer_list<std::pair<const char*, bool>> criteria) {
    report::PhaseReport phase;
    for (const auto& [name, held] : criteria) {
        auto& criterion = phase.criteria.emplace_back();
        criterion.name = name;
        criterion.measured = 1;
        criterion.held = held;
    }
    return phase;
}

Verdict verdict_of(report::PhaseReport phase, const PhaseEnd& end = {}) {
    settle(phase, end);
    return phase.verdict;
}

const PhaseEnd kLate{{{"遅い", "late"}}, false};
const PhaseEnd kStopped{{}, true};

TEST(PhaseVerdict, IsThatOfItsCriteria) {
    EXPECT_EQ(verdict_of(with({{"events_lost", true}})), Verdict::passed);
    EXPECT_EQ(verdict_of(with({{"events_lost", true}, {"latency_p95", false}})), Verdict::failed);
    EXPECT_EQ(verdict_of(with({})), Verdict::failed) << "who judges nothing has proved nothing";
}

TEST(PhaseVerdict, ALateGeneratorIsNoExcuseForALostEvent) {
    EXPECT_EQ(verdict_of(with({{"events_lost", true}}), kLate), Verdict::invalid);
    EXPECT_EQ(verdict_of(with({{"latency_p95", false}}), kLate), Verdict::invalid);
    EXPECT_EQ(verdict_of(with({{"events_lost", false}, {"latency_p95", false}}), kLate),
              Verdict::failed);
    EXPECT_EQ(verdict_of(with({{"memory_growth", false}}), kLate), Verdict::failed);
}

TEST(PhaseVerdict, OfWhatWasStoppedOrSkipped) {
    EXPECT_EQ(verdict_of(with({}), kStopped), Verdict::not_run);
    EXPECT_EQ(verdict_of(with({{"events_lost", false}}), kStopped), Verdict::failed);
    report::PhaseReport skipped;
    skipped.verdict = Verdict::not_applicable;
    skipped.reason = "no such store";
    EXPECT_EQ(verdict_of(skipped, kLate), Verdict::not_applicable);
    report::PhaseReport trouble = with({{"events_lost", true}});
    trouble.reason = "the store did not come back";
    EXPECT_EQ(verdict_of(trouble), Verdict::failed);
}

TEST(PhaseVerdict, WhatDoesNotApplyIsNeitherHeldNorBroken) {
    report::PhaseReport phase = with({{"events_lost", true}, {"redis_connections", false}});
    phase.criteria.back().applies = false;
    EXPECT_EQ(verdict_of(phase), Verdict::passed);
    phase.criteria.erase(phase.criteria.begin());
    EXPECT_EQ(verdict_of(phase), Verdict::failed) << "who judges nothing has proved nothing";
}

TEST(PhaseVerdict, ReasonsAreInBothLanguages) {
    report::PhaseReport phase = with({{"events_lost", true}});
    settle(phase, {{{"遅い", "late"}, {"重い", "busy"}}, false});
    EXPECT_EQ(phase.reason, "late; busy");
    EXPECT_EQ(phase.reason_ja, "遅い；重い");
}

TEST(PhaseVerdict, AFaultThatWasNotUndoneFails) {
    report::PhaseReport phase = with({{"events_lost", true}});
    phase.faults.push_back({"kill", "redis", 1, 2, 3});
    EXPECT_EQ(verdict_of(phase), Verdict::passed);
    phase.faults.front().ended.reset();
    EXPECT_EQ(verdict_of(phase), Verdict::failed);
}

}  // namespace
}  // namespace cellmon::harness::plan
