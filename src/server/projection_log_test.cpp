// Goal: the log speaks of a store when it goes and when it comes back, not of each attempt in
// between. Method: the listener told what a runner tells it, a clock that the test turns.

#include "server/projection_log.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cellmon::server {
namespace {

using projection::State;

class ManualClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return steady; }
    [[nodiscard]] std::int64_t steady_us() const override { return steady; }
    std::int64_t steady = 0;
};

class ProjectionLog : public testing::Test {
  protected:
    void tell(State state, const std::string& error = {}) {
        projection::ProjectionStatus status;
        status.name = "redis";
        status.state = state;
        status.last_error = error;
        listener_(status);
    }

    [[nodiscard]] int lines(const std::string& words) const {
        int found = 0;
        for (auto at = out_.find(words); at != std::string::npos; at = out_.find(words, at + 1))
            ++found;
        return found;
    }

    std::string out_;
    ManualClock clock_;
    telemetry::Log log_{{}, [this](std::string_view line) { out_ += line; }};
    projection::ProjectionRunner::Listener listener_ = log_failures(log_, clock_);
};

TEST_F(ProjectionLog, AnOutageOfAnHourIsOneLineAndItsEndAnother) {
    for (int second = 0; second < 3'600; ++second) {
        tell(State::retrying, "refused");
        clock_.steady += kSecondUs;
    }
    EXPECT_EQ(lines("\n"), 1) << out_;
    EXPECT_EQ(lines("waits for its store and tries again: refused"), 1);
    tell(State::running);
    tell(State::running);
    EXPECT_EQ(lines("\n"), 2) << out_;
    EXPECT_EQ(lines("goes on"), 1);
}

TEST_F(ProjectionLog, AnotherReasonIsSaidButNotEachTime) {
    tell(State::retrying, "refused");
    for (int second = 0; second < 120; ++second) {
        clock_.steady += kSecondUs;
        tell(State::retrying, "no answer");
    }
    EXPECT_EQ(lines("\n"), 2) << out_;
    EXPECT_EQ(lines("no answer"), 1);
}

TEST_F(ProjectionLog, WhatComesAndGoesIsSaidOnceAMinute) {
    for (int second = 0; second < 180; ++second) {
        tell(State::retrying, "refused");
        tell(State::running);
        clock_.steady += kSecondUs;
    }
    EXPECT_EQ(lines("waits for its store"), 3) << out_;
    EXPECT_EQ(lines("goes on"), 3);
}

TEST_F(ProjectionLog, WhatNeedsAPersonIsAnError) {
    tell(State::stopped, "another history");
    EXPECT_EQ(lines("error   the projection redis stops until somebody looks at it"), 1) << out_;
}

}  // namespace
}  // namespace cellmon::server
