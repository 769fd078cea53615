// Goal: behind an erasure the rows are those that a rebuild makes of the blanked journal, nothing
// of the student is left, and nobody else's rows have changed. Method: a made-up class on each
// engine, one student erased; a rebuild from the same journal with that student's payloads blanked.
#include "sinks/relational/erase_student.hpp"

#include <fstream>

#include "journal/checked_text.hpp"
#include "journal/format.hpp"
#include "sinks/relational/rebuild.hpp"
#include "sinks/relational/test_class.hpp"
#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

class EraseStudentTest : public EveryStoreTest {
  protected:
    void fill() {
        SeededRandom random(5);
        auto made = make_class(random, 300);
        journal_ = post_class(made);
        for (const auto& event : made)
            if (event.student == 0) own_.push_back(event.sequence);
        post_own(
            event_json("cell_executed", "S0@Example.com", 1,
                       R"("notebookPath":"s0@example.com/secret.ipynb","teamName":"alone",)"
                       R"("cellId":"only-mine","cellType":"code","code":"x","executionCount":1)"));
        journal_.append(journal::EntryKind::quarantine, R"({"emailAddress":"s0@example.com"})",
                        kStartUs);
        own_.push_back(journal_.entries.size());
        journal_.append(journal::EntryKind::quarantine, R"({"emailAddress":"s1@example.com"})",
                        kStartUs);
        RelationalSink sink(store(), SinkOptions{});
        apply_all(sink, journal_, 100);
    }
    void post_own(const std::string& json) { own_.push_back(journal_.post(json, kStartUs)); }
    journal::Redactions redactions() {
        const std::string folder = path("journal");
        std::filesystem::create_directories(folder);
        std::vector<journal::Redactions::Range> ranges;
        for (const std::uint64_t sequence : own_)
            ranges.emplace_back(sequence, sequence);
        journal::Redactions list;
        EXPECT_TRUE(list.add(ranges, *files_, folder));
        return list;
    }
    void blank() {
        for (const std::uint64_t sequence : own_) {
            auto& entry = journal_.entries.at(sequence - 1);
            entry.redacted = true;
            entry.payload = {};
        }
    }

    TestJournal journal_;
    std::vector<std::uint64_t> own_;
};

INSTANTIATE_TEST_SUITE_P(Engines, EraseStudentTest, sql::kTestedEngines, sql::engine_name);

TEST_P(EraseStudentTest, LeavesWhatARebuildFromTheBlankedJournalMakes) {
    fill();
    const auto before = integer(
        "SELECT count(*) FROM cell_executions e JOIN students s ON s.id = "
        "e.student_id WHERE s.email = 's1@example.com'");
    const auto erased = erase_student(*store(), "s0@EXAMPLE.com", redactions());
    ASSERT_TRUE(erased) << erased.error().message;
    EXPECT_EQ(erased->students, 2U) << "one with capital letters";
    EXPECT_EQ(erased->events + 1, own_.size()) << "and an item in quarantine";
    EXPECT_EQ(integer("SELECT count(*) FROM students"), 1);
    EXPECT_EQ(integer("SELECT count(*) FROM cells WHERE cell_id = 'only-mine'"), 0);
    EXPECT_EQ(integer("SELECT count(*) FROM notebooks WHERE path LIKE 's0%'"), 0);
    EXPECT_EQ(integer("SELECT count(*) FROM teams WHERE team_name = 'alone'"), 0);
    EXPECT_EQ(integer("SELECT count(*) FROM cell_executions e JOIN students s ON s.id = "
                      "e.student_id WHERE s.email = 's1@example.com'"),
              before);
    ASSERT_GT(before, 10);
    // A digest goes by addresses, and would not see rows of nobody.
    for (const char* table :
         {"events", "cell_executions", "cell_states", "notebook_accesses", "help_signals",
          "help_requests", "student_signals", "streams", "sessions", "daily_totals"}) {
        EXPECT_EQ(integer(fmt::format("SELECT count(*) FROM {} WHERE student_id IS NOT NULL AND "
                                      "student_id NOT IN (SELECT id FROM students)",
                                      table)),
                  0)
            << table;
    }

    blank();
    TestSource source(journal_);
    const auto rebuilt =
        rebuild_relational(*store(), source, RebuildOptions{}, [](std::uint64_t, std::uint64_t) {});
    ASSERT_TRUE(rebuilt) << rebuilt.error().message;
    EXPECT_EQ(rebuilt->differences, "");

    const auto again = erase_student(*store(), "s0@example.com", redactions());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->events, 0U);
}

TEST_P(EraseStudentTest, IsFoundUntilItIsGone) {
    fill();
    EXPECT_NE(*rows_naming(*store(), "S0@example.com"), "");
    EXPECT_NE(rows_naming(*store(), "S0@example.com")->find("quarantine 1"), std::string::npos);
    ASSERT_TRUE(erase_student(*store(), "s0@example.com", redactions()));
    const auto swept = sweep(*store());
    ASSERT_TRUE(swept) << swept.error().message;
    EXPECT_EQ(*rows_naming(*store(), "s0@example.com"), "");
    EXPECT_NE(*rows_naming(*store(), "s1@example.com"), "");
    if (GetParam() != sql::Engine::sqlite) return;
    for (const auto& file : std::filesystem::directory_iterator(path(""))) {
        if (!file.is_regular_file()) continue;
        std::ifstream stream(file.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
        EXPECT_EQ(bytes.find("s0@example.com"), std::string::npos) << file.path();
        EXPECT_EQ(bytes.find("only-mine"), std::string::npos) << file.path();
    }
}

TEST_P(EraseStudentTest, WhatTheJournalHasNoContentOfIsToldByItsRow) {
    fill();
    // Nothing is listed: the scan of the journal could not tell whose it was.
    ASSERT_TRUE(erase_student(*store(), "s0@example.com", {}));
    EXPECT_NE(rows_naming(*store(), "s0@example.com")->find("quarantine 1"), std::string::npos);
    ASSERT_TRUE(erase_student(*store(), "s0@example.com", {}, journal_.entries.size() + 1));
    EXPECT_EQ(*rows_naming(*store(), "s0@example.com"), "");
    EXPECT_NE(*rows_naming(*store(), "s1@example.com"), "");
}

TEST_P(EraseStudentTest, AStoreThatIsNotThereHoldsNobody) {
    EXPECT_EQ(erase_student(*store(), "s0@example.com", {})->students, 0U);
    EXPECT_TRUE(sweep(*store()));
    EXPECT_EQ(*rows_naming(*store(), "s0@example.com"), "");
}

}  // namespace
}  // namespace cellmon::relational
