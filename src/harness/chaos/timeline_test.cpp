#include "harness/chaos/timeline.hpp"

#include <gtest/gtest.h>

namespace cellmon::harness::chaos {
namespace {

TEST(Timeline, ReadsAStep) {
    const auto step = Timeline::parse_step("2.5:slow:redis:latency_ms=50,bytes_per_s=20000");
    ASSERT_TRUE(step.has_value()) << step.error().message;
    EXPECT_EQ(step->at_s, 2.5);
    EXPECT_EQ(step->action, Action::slow);
    EXPECT_EQ(step->target, "redis");
    EXPECT_EQ(step->value("latency_ms", 0), 50);
    EXPECT_EQ(step->value("bytes_per_s", 0), 20'000);
    EXPECT_EQ(Timeline::parse_step("0:continue:server")->action, Action::go_on);
    EXPECT_EQ(Timeline::parse_step("1:clock:server:seconds=-3600")->value("seconds", 0), -3'600);
}

TEST(Timeline, RefusesAStepThatIsNone) {
    for (const auto* const text :
         {"", "x:kill:server", "-1:kill:server", "1:murder:server", "1:kill:", "1:kill",
          "1:kill:server:latency_ms=5", "1:slow:redis", "1:slow:redis:latency_ms=-1",
          "1:slow:redis:latency_ms=", "1:clock:server", "nan:kill:server", "1e9:kill:server"}) {
        const auto step = Timeline::parse_step(text);
        ASSERT_FALSE(step.has_value()) << text;
        EXPECT_EQ(step.error().code, ErrorCode::invalid) << text;
    }
}

TEST(Timeline, EveryActionHasItsName) {
    for (std::size_t i = 0; i < kActions; ++i) {
        const auto action = static_cast<Action>(i);
        EXPECT_FALSE(name_of(action).empty());
        EXPECT_EQ(action_named(name_of(action)), action);
    }
}

TEST(Timeline, IsInTheOrderOfTimes) {
    const auto timeline = Timeline::parse(R"(
[[step]]
at_s = 60
action = "start"
target = "redis"
[[step]]
at_s = 30.5
action = "kill"
target = "redis"
[[step]]
at_s = 30.5
action = "slow"
target = "postgres"
latency_ms = 5
)",
                                          "t.toml");
    ASSERT_TRUE(timeline.has_value()) << timeline.error().message;
    ASSERT_EQ(timeline->steps.size(), 3U);
    EXPECT_EQ(timeline->steps[0].action, Action::kill);
    EXPECT_EQ(timeline->steps[1].action, Action::slow);
    EXPECT_EQ(timeline->steps[1].value("latency_ms", 0), 5);
    EXPECT_EQ(timeline->steps[2].action, Action::start);
}

TEST(Timeline, NamesWhatIsWrongInAFile) {
    const auto message = [](const char* text) {
        const auto timeline = Timeline::parse(text, "t.toml");
        return timeline ? std::string("nothing") : timeline.error().message;
    };
    EXPECT_EQ(message("\nsteps = 1"), "t.toml:2: steps is unknown; a timeline has [[step]]");
    EXPECT_EQ(message("[[step]]\naction=\"kill\"\ntarget=\"a\""), "t.toml:1: at_s is missing");
    EXPECT_EQ(message("[[step]]\nat_s=\"1\"\n"), "t.toml:1: at_s must be a number");
    EXPECT_EQ(message("[[step]]\nat_s=1\naction=\"kill\"\ntarget=\"a\"\nfoo=1"),
              "t.toml:1: kill has no value foo");
    EXPECT_EQ(message(""), "t.toml: there is no [[step]]");
    EXPECT_NE(message("[[step]").find("t.toml:1: "), std::string::npos);
}

}  // namespace
}  // namespace cellmon::harness::chaos
