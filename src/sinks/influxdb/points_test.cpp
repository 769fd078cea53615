// Goal: each event has one point, with the tags and fields of the contract, one type each; the
// activity of a class is a function of the journal. Method: what a client posts, decoded as the
// server does, and the lines that come of it.

#include <map>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event/event_reader.hpp"
#include "sinks/influxdb/class_activity.hpp"
#include "sinks/influxdb/progress_point.hpp"
#include "sinks/relational/test_entries.hpp"

namespace cellmon::influxdb {
namespace {

using relational::event_json;
using relational::kStartUs;
using relational::run_json;
using relational::TestJournal;

std::string point_of(const std::string& json) {
    TestJournal journal;
    journal.post(json, kStartUs);
    journal.entries[0].header.content_hash = ~std::uint64_t{0};
    event::EventReader reader;
    const event::Event* event = *reader.read(journal.entries[0].payload);
    std::string lines;
    append_progress_point(lines, journal.entries[0].header, *event,
                          event::execution_status_of(*event));
    return lines;
}

TEST(ProgressPoint, ARunOfACell) {
    EXPECT_EQ(
        point_of(
            run_json("a@example.com", "c1", 1'234, true,
                     R"("teamName":"Team A","userName":"ア \"b\"","sessionId":"s","eventId":"e")"
                     R"(,"classCode":"1-B","errorName":"NameError")")),
        "student_progress,block=0,cellType=code,emailAddress=a@example.com,event=cell_executed,"
        "notebook=Lesson.ipynb,teamName=Team\\ A sequence=1i,contentHash=-1i,eventId=\"e\","
        "directory=\"a\",notebookPath=\"a/Lesson.ipynb\",cellId=\"c1\",cellIndex=2i,"
        "executionCount=3i,userName=\"ア \\\"b\\\"\",classCode=\"1-B\",sessionId=\"s\","
        "errorName=\"NameError\",status=\"error\",success=f,duration=2.5 1790000000001000001\n");
}

TEST(ProgressPoint, WhatIsMissingIsAsUnchangedQueriesKnowIt) {
    EXPECT_EQ(point_of(event_json("help", "a@example.com", 0, R"("eventId":"e")")),
              "student_progress,block=0,emailAddress=a@example.com,event=help,notebook=unknown "
              "sequence=1i,contentHash=-1i,eventId=\"e\",directory=\"root\",notebookPath=\"\","
              "cellId=\"\",cellIndex=-1i,executionCount=-1i 1790000000000000001\n");
}

TEST(ProgressPoint, FolderAndFile) {
    const auto place = [](std::string_view path) {
        const std::string line = point_of(
            event_json("help", "a@example.com", 0, fmt::format(R"("notebookPath":"{}")", path)));
        const auto between = [&](std::string_view from, std::string_view to) {
            const auto begin = line.find(from) + from.size();
            return line.substr(begin, line.find(to, begin) - begin);
        };
        return between("directory=\"", "\"") + "|" + between(",notebook=", " ");
    };
    EXPECT_EQ(place("a/b/c.ipynb"), "a/b|c.ipynb");
    EXPECT_EQ(place("c.ipynb"), "root|c.ipynb");
    EXPECT_EQ(place("/c.ipynb"), "root|c.ipynb");
    EXPECT_EQ(place("a/"), "a|unknown");
}

TEST(ProgressPoint, ARunThatDidNotHappenHasNoSuccess) {
    const std::string line = point_of(
        event_json("cell_executed", "a@example.com", 0, R"("cellType":"code","code":"x")"));
    EXPECT_NE(line.find("status=\"aborted\""), std::string::npos) << line;
    EXPECT_EQ(line.find("success"), std::string::npos) << line;
}

TEST(ProgressPoint, ErasedEvents) {
    journal::EntryHeader header;
    header.sequence = 2'000'003;
    header.content_hash = 5;
    header.received_us = kStartUs;
    std::string line;
    append_redacted_point(line, header);
    EXPECT_EQ(line,
              "student_progress,block=2,event=redacted sequence=2000003i,contentHash=5i "
              "1790000000000000003\n");
}

class ActivityTest : public ::testing::Test {
  protected:
    ActivityTest() {
        for (int n = 0; n < 2'500; ++n) {
            const auto email = fmt::format("s{}@example.com", n % 7);
            const auto at = (n * 37 % 400) * kSecondUs;
            const auto more = fmt::format(R"("classCode":"{}")", n % 2 == 0 ? "A" : "組 B");
            journal_.post(n % 5 == 0 ? event_json("help", email, at, more)
                                     : run_json(email, "c", at, n % 3 == 0, more),
                          kStartUs);
        }
    }

    /// The points that are left when each line replaces what had its place, as in InfluxDB.
    std::map<std::string, std::string> fold(std::size_t batch_entries, std::uint64_t after = 0) {
        std::string lines;
        ClassActivity activity;
        event::EventReader reader;
        for (std::size_t at = after; at < journal_.entries.size(); ++at) {
            const event::Event* event = *reader.read(journal_.entries[at].payload);
            activity.add(at + 1, *event, event::execution_status_of(*event), lines);
            if ((at + 1) % batch_entries == 0) activity.append_changed(lines);
        }
        activity.append_changed(lines);
        std::map<std::string, std::string> points;
        std::istringstream in(lines);
        for (std::string line; std::getline(in, line);) {
            const auto fields = line.find(" events=") + 1;
            const auto time = line.rfind(' ');
            points[line.substr(0, fields) + line.substr(time)] = line.substr(fields, time - fields);
        }
        return points;
    }

    TestJournal journal_;
};

TEST_F(ActivityTest, IsAFunctionOfTheJournal) {
    const auto points = fold(10'000);
    EXPECT_EQ(fold(1), points);
    EXPECT_EQ(fold(7), points);
    EXPECT_EQ(fold(999), points);
    long events = 0;
    long executions = 0;
    for (const auto& [place, fields] : points) {
        long more_events = 0;
        long more_executions = 0;
        ASSERT_EQ(std::sscanf(fields.c_str(), "events=%ldi,executions=%ldi", &more_events,
                              &more_executions),
                  2);
        events += more_events;
        executions += more_executions;
    }
    EXPECT_EQ(events, 2'500);
    EXPECT_EQ(executions, 2'000);
}

TEST_F(ActivityTest, AFoldThatBeginsWithARangeGivesThePointsFromThereOn) {
    const auto all = fold(10'000);
    const auto later = fold(10'000, 2 * kActivityRange - 1);
    EXPECT_GT(later.size(), 10U);
    for (const auto& [place, fields] : later)
        EXPECT_EQ(all.at(place), fields) << place;
}

TEST_F(ActivityTest, WhatIsNotKeptAnyMoreIsNotAppendedAgain) {
    const auto since = [](const std::string& text, TimeUs from_us) {
        std::string lines;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) {
            if (std::stoll(line.substr(line.rfind(' '))) >= from_us * 1'000) lines += line + '\n';
        }
        return lines;
    };
    std::string lines;
    ClassActivity activity;
    event::EventReader reader;
    for (std::size_t at = 0; at < 900; ++at) {
        const event::Event* event = *reader.read(journal_.entries[at].payload);
        activity.add(at + 1, *event, event::execution_status_of(*event), lines);
    }
    std::string before;
    activity.append_all(before);
    const TimeUs from_us = (kStartUs / kMinuteUs + 3) * kMinuteUs;
    activity.forget_before(from_us);
    std::string behind;
    activity.append_all(behind);
    EXPECT_LT(behind.size(), before.size());
    EXPECT_NE(behind, "");
    EXPECT_EQ(behind, since(before, from_us));
}

}  // namespace
}  // namespace cellmon::influxdb
