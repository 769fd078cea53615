// Goal: a student who is forgotten leaves nothing, and all else as if they had never come. Method:
// the bytes of the state, against a fold of the same entries without theirs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "live/class_testing.hpp"
#include "progress/progress_state.hpp"

namespace cellmon::progress {
namespace {

TEST(ProgressForget, IsAsIfNothingOfTheStudentHadCome) {
    live::testing::Entries entries;
    for (int i = 0; i < 30; ++i) {
        const TimeUs at_us = live::testing::kStartUs + i * kSecondUs;
        entries.post(
            fmt::format(R"({{"eventType":"cell_executed","emailAddress":"S{}@example.com",)"
                        R"("eventTime":"{}","assignmentId":"a{}","cellId":"c{}",)"
                        R"("executionCount":1,"hasError":{}}})",
                        i % 3, format_time(at_us), i % 2, i % 5, i % 4 == 0),
            at_us);
    }
    ProgressState all;
    ProgressState others;
    for (auto entry : entries.all()) {
        all.fold(entry);
        entry.redacted = entry.payload.find("S1@") != std::string_view::npos;
        others.fold(entry);
    }
    ASSERT_EQ(all.students().size(), 3U);
    all.forget("s1@EXAMPLE.com");
    ByteWriter one;
    ByteWriter other;
    all.write(one);
    others.write(other);
    EXPECT_EQ(one.take(), other.take());
    EXPECT_EQ(all.students().size(), 2U);
}

}  // namespace
}  // namespace cellmon::progress
