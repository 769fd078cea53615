// Goal: what the API reads of the past is what the events say, before the store has anything,
// beside its writer, through a rebuild's switch and after the file was away. Method: a sink fills a
// store on disk from posted events; the counts are compared with sums over what was posted.

#include "store/relational_history.hpp"

#include "sinks/relational/rebuild.hpp"
#include "sinks/relational/test_store.hpp"
#include "store/activity_counts.hpp"

namespace cellmon::store {
namespace {

using relational::event_json;
using relational::kStartUs;
using relational::RelationalSink;
using relational::run_json;
using relational::TestJournal;

class RelationalHistoryTest : public relational::EveryStoreTest {
  protected:
    void project() {
        RelationalSink sink(store(), {});
        apply_all(sink, journal_, 100);
    }
    std::uint64_t run(TimeUs at_us, bool failed, std::string_view email = "a@x",
                      TimeUs received_us = 0) {
        return journal_.post(run_json(email, "c1", at_us, failed),
                             received_us == 0 ? kStartUs + at_us : received_us);
    }
    [[nodiscard]] std::uint64_t executions(TimeRange range, TimeUs now) {
        const auto windows = history_.activity(range, now, nullptr);
        EXPECT_TRUE(windows.has_value()) << windows.error().message;
        std::uint64_t sum = 0;
        for (const ActivityWindow& window : *windows)
            sum += window.executions;
        return sum;
    }

    TestJournal journal_;
    RelationalHistory history_{store(kName, {.read_only = true})};
};

INSTANTIATE_TEST_SUITE_P(Engines, RelationalHistoryTest, sql::kTestedEngines, sql::engine_name);

TEST_P(RelationalHistoryTest, CountsWhatCameSinceTheLastLook) {
    // A day of runs, more and more of them; each look adds only what is new.
    for (int minute = 0; minute < 24 * 60; minute += 7)
        run(minute * kMinuteUs, minute % 3 == 0);
    project();
    TimeUs now = kStartUs + 24 * kHourUs;
    const auto day = history_.activity(TimeRange::day, now, nullptr);
    ASSERT_TRUE(day.has_value());
    ASSERT_EQ(day->size(), 24U);
    EXPECT_EQ(day->back().end_us, now);
    const TimeUs day_from = ActivityCounts::start_of(TimeRange::day, now);
    std::uint64_t expected = 0;
    std::uint64_t expected_errors = 0;
    for (int minute = 0; minute < 24 * 60; minute += 7) {
        if (kStartUs + minute * kMinuteUs < day_from) continue;
        ++expected;
        if (minute % 3 == 0) ++expected_errors;
    }
    std::uint64_t counted = 0;
    std::uint64_t errors = 0;
    for (const ActivityWindow& window : *day) {
        counted += window.executions;
        errors += window.errors;
    }
    EXPECT_EQ(counted, expected);
    EXPECT_EQ(errors, expected_errors);

    run(24 * kHourUs, true);
    // Hours late; its sequence is new.
    run(22 * kHourUs, false, "b@x", kStartUs + 24 * kHourUs + kSecondUs);
    journal_.post(event_json("help", "a@x", 24 * kHourUs), kStartUs + 24 * kHourUs);
    journal_.post(event_json("help_stop", "a@x", 24 * kHourUs + 1), kStartUs + 24 * kHourUs + 1);
    project();
    now += 2 * kSecondUs;
    EXPECT_EQ(executions(TimeRange::day, now), expected + 2);
    const auto hour = history_.activity(TimeRange::hour, now, nullptr);
    ASSERT_TRUE(hour.has_value());
    ASSERT_EQ(hour->size(), 12U);
    EXPECT_EQ(hour->back().help, 1U);
    EXPECT_EQ(hour->back().errors, 1U);
    // A week reaches back further than what was counted so far.
    EXPECT_EQ(executions(TimeRange::week, now), 24U * 60 / 7 + 1 + 2);
}

TEST_P(RelationalHistoryTest, TellsTheNewestRunsAndSessionsOfAStudent) {
    for (int second = 0; second < 60; ++second)
        run(second * kSecondUs, second % 2 == 1);
    run(0, true, "b@x");
    journal_.post(
        event_json("cell_executed", "a@x", 100 * kSecondUs,
                   R"("notebookPath":"n","cellId":"c2","cellType":"code","code":"x","sessionId":)"
                   R"("s1","executionCount":9,"hasError":true,"errorMessage":"E","result":"r")"),
        kStartUs + 100 * kSecondUs);
    // Not run at all: neither a success nor an error.
    journal_.post(event_json("cell_executed", "a@x", 101 * kSecondUs,
                             R"("notebookPath":"n","cellId":"c2","cellType":"code","code":"y")"),
                  kStartUs + 101 * kSecondUs);
    project();
    const auto history = history_.student("a@x", {});
    ASSERT_TRUE(history.has_value()) << history.error().message;
    ASSERT_EQ(history->executions.size(), kRecentExecutions);
    const Execution& newest = history->executions.front();
    EXPECT_EQ(newest.executed_us, kStartUs + 100 * kSecondUs);
    EXPECT_TRUE(newest.failed);
    EXPECT_EQ(newest.output, "r");
    EXPECT_EQ(newest.error_message, "E");
    EXPECT_EQ(newest.code, "x");
    EXPECT_EQ(newest.execution_count, 9);
    EXPECT_EQ(newest.duration_us, std::nullopt);
    EXPECT_EQ(history->executions.at(1).duration_us, 2'500);
    EXPECT_EQ(history->executions.at(1).cell_index, 2);
    ASSERT_EQ(history->sessions.size(), 1U);
    EXPECT_EQ(history->sessions[0].session_id, "s1");

    const std::vector<StudentCell> cells = {{"a@x", "c2"}, {"a@x", "none"}, {"b@x", "c1"}};
    const auto rows = history_.cell_rows(cells);
    ASSERT_TRUE(rows.has_value());
    EXPECT_EQ(rows->at(0), newest.cell_row);
    EXPECT_EQ(rows->at(1), std::nullopt);
    EXPECT_EQ(rows->at(2), history->executions.at(1).cell_row);
}

TEST_P(RelationalHistoryTest, SumsARange) {
    run(0, true);
    run(kHourUs, false);
    run(kHourUs + 1, true, "b@x");
    run(kHourUs + 2, true, "b@x");
    project();
    const auto totals = history_.totals(TimeRange::hour, kStartUs + kHourUs + 5, {});
    ASSERT_TRUE(totals.has_value());
    EXPECT_EQ(totals->executions, 3U);
    EXPECT_EQ(totals->errors, 2U);
    EXPECT_EQ(totals->students, 2U);
    EXPECT_EQ(totals->timed, 3U);
    EXPECT_EQ(totals->timed_us, 7'500);

    // What comes later is added, and a longer range counted anew.
    run(kHourUs + 3, false, "c@x");
    project();
    EXPECT_EQ(history_.totals(TimeRange::hour, kStartUs + kHourUs + 5, {})->executions, 4U);
    EXPECT_EQ(history_.totals(TimeRange::week, kStartUs + kHourUs + 5, {})->executions, 5U);
    EXPECT_EQ(history_.totals(TimeRange::hour, kStartUs + kHourUs + 5, {})->students, 3U);
    EXPECT_EQ(history_.totals(TimeRange::hour, kStartUs + 3 * kHourUs, {})->students, 0U);
    EXPECT_EQ(history_.totals(TimeRange::hour, kStartUs + 200 * kHourUs, {})->executions, 0U);
    EXPECT_EQ(history_.totals(TimeRange::week, kStartUs + 200 * kHourUs, {})->executions, 0U);
}

TEST_P(RelationalHistoryTest, CountsWhatBelongsToAClass) {
    const auto run_in = [this](TimeUs at_us, std::string_view email, std::string_view fields) {
        journal_.post(event_json("cell_executed", email, at_us,
                                 fmt::format(R"("notebookPath":"n","cellId":"c","cellType":"code",)"
                                             R"("executionCount":1,"hasError":false,"code":"x",)"
                                             R"("executionDurationMs":2,{})",
                                             fields)),
                      kStartUs + at_us);
    };
    for (int i = 0; i < 3; ++i)
        run_in(i, "a@x", R"("classCode":"C1","sessionId":"s1","result":"one")");
    for (int i = 3; i < 63; ++i)
        run_in(i, "a@x", R"("classCode":"C2","sessionId":"s2","result":"two")");
    run_in(70, "a@x", R"("sessionId":"s3","result":"none")");
    run_in(71, "b@x", R"("classCode":"C2","sessionId":"s4","result":"two")");
    journal_.post(event_json("help", "b@x", 72, R"("classCode":"C1")"), kStartUs + 72);
    project();
    const Counts of_one = [](std::string_view email, std::string_view code) {
        return email == "a@x" && code == "C1";
    };
    const Counts of_none = [](std::string_view, std::string_view code) { return code.empty(); };

    const auto one = history_.student("a@x", of_one);
    ASSERT_TRUE(one.has_value()) << one.error().message;
    ASSERT_EQ(one->executions.size(), 3U) << "behind sixty of another class";
    EXPECT_EQ(one->executions[0].output, "one");
    ASSERT_EQ(one->sessions.size(), 1U);
    EXPECT_EQ(one->sessions[0].session_id, "s1");
    EXPECT_EQ(history_.student("a@x", of_none)->executions.size(), 1U);
    EXPECT_EQ(history_.student("b@x", of_one)->executions.size(), 0U);

    const auto totals = history_.totals(TimeRange::hour, kStartUs + 100, of_one);
    ASSERT_TRUE(totals.has_value()) << totals.error().message;
    EXPECT_EQ(totals->executions, 3U);
    EXPECT_EQ(totals->students, 1U);
    EXPECT_EQ(totals->timed, 3U);
    EXPECT_EQ(totals->timed_us, 6'000);
    EXPECT_EQ(history_.sessions_since(kStartUs, of_one), 1U);
    EXPECT_EQ(history_.sessions_since(kStartUs, of_none), 1U);

    const auto sum = [&](const ClassCodes* classes) {
        std::pair<std::uint64_t, std::uint64_t> runs_and_help;
        const auto windows = history_.activity(TimeRange::hour, kStartUs + 100, classes);
        EXPECT_TRUE(windows.has_value());
        for (const ActivityWindow& window : *windows) {
            runs_and_help.first += window.executions;
            runs_and_help.second += window.help;
        }
        return runs_and_help;
    };
    const ClassCodes only_one{"C1"};
    const ClassCodes both{"C1", "C2"};
    const ClassCodes neither{"C9"};
    EXPECT_EQ(sum(&only_one), std::pair(std::uint64_t{3}, std::uint64_t{1}));
    EXPECT_EQ(sum(&both), std::pair(std::uint64_t{64}, std::uint64_t{1}));
    EXPECT_EQ(sum(&neither), std::pair(std::uint64_t{0}, std::uint64_t{0}));
    EXPECT_EQ(sum(nullptr), std::pair(std::uint64_t{65}, std::uint64_t{1}));
}

TEST_P(RelationalHistoryTest, CutsLongTexts) {
    const std::string longer(2 * kMaxTextCharacters, 'x');
    journal_.post(event_json("cell_executed", "a@x", 0,
                             fmt::format(R"("notebookPath":"n","cellId":"c","cellType":"code",)"
                                         R"("executionCount":1,"hasError":false,"code":"{}")",
                                         longer)),
                  kStartUs);
    project();
    const auto history = history_.student("a@x", {});
    ASSERT_TRUE(history.has_value());
    EXPECT_EQ(history->executions.at(0).code->size(), kMaxTextCharacters);
}

TEST_P(RelationalHistoryTest, IsUnavailableWithoutAFileAndComesBack) {
    const auto absent = history_.activity(TimeRange::hour, kStartUs, nullptr);
    ASSERT_FALSE(absent.has_value());
    EXPECT_EQ(absent.error().code, ErrorCode::unavailable);
    {
        RelationalSink sink(store(), {});
        ASSERT_TRUE(sink.open().has_value());  // A file without any event table.
        EXPECT_EQ(executions(TimeRange::hour, kStartUs), 0U);
        EXPECT_TRUE(history_.student("a@x", {}).has_value());
        EXPECT_TRUE(history_.totals(TimeRange::hour, kStartUs, {}).has_value());
    }
    run(0, false);
    project();
    EXPECT_EQ(executions(TimeRange::hour, kStartUs), 1U);
    EXPECT_EQ(history_.sessions_since(0, {}), 0U);
}

TEST_P(RelationalHistoryTest, ReadsOnThroughARebuildAndBesideAWriter) {
    for (int i = 0; i < 20; ++i)
        run(i * kSecondUs, false);
    project();
    const TimeUs now = kStartUs + kMinuteUs;
    EXPECT_EQ(executions(TimeRange::hour, now), 20U);
    relational::TestSource source(journal_);
    const auto report =
        relational::rebuild_relational(*store(), source, {}, [](std::uint64_t, std::uint64_t) {});
    ASSERT_TRUE(report.has_value()) << report.error().message;
    ASSERT_TRUE(report->switched);
    EXPECT_EQ(executions(TimeRange::hour, now), 20U);
    EXPECT_EQ(history_.student("a@x", {})->executions.size(), 20U);
    run(30 * kSecondUs, false);
    const auto writer = connect();
    auto held = relational::Transaction::begin(*writer);
    ASSERT_TRUE(held.has_value());
    EXPECT_EQ(executions(TimeRange::hour, now), 20U);
}

TEST_P(RelationalHistoryTest, ReportsOfEnvironmentsNewestFirst) {
    const auto report = [&](std::string_view email, TimeUs at_us, std::string_view version,
                            std::string_view more = "") {
        journal_.post(event_json("environment", email, at_us,
                                 fmt::format(R"("environment":{{"python":"{}"}}{}{})", version,
                                             more.empty() ? "" : ",", more)),
                      kStartUs + at_us);
    };
    const auto absent = history_.environments("a@x", {});
    ASSERT_FALSE(absent.has_value()) << "nobody has made a store yet";
    EXPECT_EQ(absent.error().code, ErrorCode::unavailable);
    project();
    EXPECT_EQ(history_.environments("a@x", {}).value().size(), 0U);
    report("a@x", 2, "3.11");
    report("b@x", 3, "3.9", R"("classCode":"CS","notebookPath":"n.ipynb","cellId":"c")");
    report("a@x", 9, "3.12");
    report("a@x", 4, "3.10");  // Late.
    run(20, false, "c@x");
    project();
    const auto of_a = history_.environments("a@x", {});
    ASSERT_TRUE(of_a && of_a->size() == 3);
    EXPECT_EQ((*of_a)[0].report, R"({"python":"3.12"})");
    EXPECT_EQ((*of_a)[2].report, R"({"python":"3.11"})");
    const auto newest = history_.newest_environments({});
    ASSERT_TRUE(newest && newest->size() == 2) << "who reported nothing has none";
    EXPECT_EQ((*newest)[0].report, R"({"python":"3.12"})");
    EXPECT_EQ((*newest)[1].email, "b@x");
    EXPECT_EQ((*newest)[1].class_code, "CS");
    EXPECT_EQ((*newest)[1].notebook_path, "n.ipynb");
    EXPECT_EQ((*newest)[1].cell_id, "c");
    const Counts of_class = [](std::string_view, std::string_view code) { return code == "CS"; };
    EXPECT_EQ(history_.newest_environments(of_class)->size(), 1U);
    EXPECT_TRUE(history_.environments("a@x", of_class)->empty());
}

}  // namespace
}  // namespace cellmon::store
