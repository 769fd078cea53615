// Goal: a word on how the data stand survives being passed on, and one that lacks a figure is none.
#include "push/status.hpp"

#include <gtest/gtest.h>

namespace cellmon::push {
namespace {

TEST(StatusMessage, IsReadAsItWasWritten) {
    StatusReport report;
    report.received = 48'240;
    report.missing = 1;
    report.resent = 12;
    for (const auto state : {projection::State::running, projection::State::retrying}) {
        projection::ProjectionStatus& one = report.projections.emplace_back();
        one.name = "relational";
        one.state = state;
        one.lag_events = 7;
        one.lag_seconds = 1.5;
    }
    for (const auto counted : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(3)}) {
        report.doubled = counted;
        report.checked_through = counted;
        const std::string text = status_message(report);
        const auto read = read_status_message(text);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(status_message(*read), text);
    }
}

TEST(StatusMessage, OneThatLacksAFigureIsNone) {
    for (const auto* text : {"", "[]", "{}", R"({"received":1,"resent":0,"projections":[]})",
                             R"({"received":1,"missing":0,"resent":0})",
                             R"({"received":null,"missing":0,"resent":0,"projections":[]})"}) {
        EXPECT_FALSE(read_status_message(text)) << text;
    }
}

}  // namespace
}  // namespace cellmon::push
