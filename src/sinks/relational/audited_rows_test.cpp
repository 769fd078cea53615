// Goal: an audit finds whatever the tables say otherwise than the journal, names it, and mends it
// to what a rebuild would make. Method: stores made from entries in memory, altered behind the
// audit's back; the digest says whether all is as it was.

#include "sinks/relational/audited_rows.hpp"

#include <algorithm>

#include "audit/audit.hpp"
#include "sinks/relational/test_class.hpp"
#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

using audit::Depth;
using audit::Kind;

constexpr std::uint64_t kMergeInterval = 64;

class AuditedRowsTest : public EveryStoreTest {
  protected:
    /// A class, and behind it one entry of every other sort.
    void make(std::uint64_t seed = 5, std::size_t events = 200) {
        SeededRandom random(seed);
        auto made = make_class(random, events);
        journal_.reset(new TestJournal(post_class(made)));  // Not moved: it refers to itself.
        const auto post = [&](std::string_view type, std::string_view more) {
            return journal_->post(event_json(type, "s1@example.com", kSecondUs, more),
                                  kStartUs + kMinuteUs);
        };
        access_ = post("notebook_opened", R"("notebookPath":"a/b.ipynb","eventId":"open")");
        signal_ = post("presence", R"("presence":"away","eventId":"away","classCode":"c-1")");
        run_ = journal_->post(
            run_json(
                "s2@example.com", "c", 0, false,
                R"("eventId":"long","output":"a\u001b[1m\u0001 あ","startedAt":"2026-01-01T00:00:00Z")"),
            kStartUs + kMinuteUs);
        quarantine_ = journal_->append(journal::EntryKind::quarantine, R"({"bad":1})", kStartUs);
        server_ = journal_->append(journal::EntryKind::server, R"({"note":1})", kStartUs);
        dead_ = journal_->append(journal::EntryKind::event, "{", kStartUs);
        redacted_ = journal_->append(journal::EntryKind::event, "", kStartUs);
        journal_->entries.back().redacted = true;
        project();
    }
    void project() {
        RelationalSink sink(store(), options());
        apply_all(sink, *journal_, 7);
    }
    [[nodiscard]] static SinkOptions options() {
        SinkOptions options;
        options.id_merge_interval = kMergeInterval;
        return options;
    }
    [[nodiscard]] audit::Audit make_audit() const {
        return {std::make_unique<AuditedRows>(store(), kMergeInterval),
                std::make_unique<TestSource>(*journal_)};
    }
    [[nodiscard]] audit::StoreReport run(Depth depth) const {
        auto report = make_audit().run(depth);
        EXPECT_TRUE(report.has_value()) << report.error().message;
        return report.value_or(audit::StoreReport{});
    }

    /// What the audit says, in short: `missing 7, order 9`.
    [[nodiscard]] static std::string text_of(const audit::StoreReport& report) {
        std::string text;
        for (const auto& one : report.differences) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name_of(one.kind),
                                static_cast<std::int64_t>(one.sequence));
        }
        return text;
    }

    /// Plants what `sql` does, and looks for it. `quick`: whether a quick audit sees it, too.
    void find_and_mend(const std::string& sql, const std::string& expected, bool quick = true) {
        SCOPED_TRACE(sql);
        const Digest before = digest_of();
        alter(sql);
        EXPECT_EQ(run(Depth::quick).clean(), !quick);
        EXPECT_EQ(text_of(run(Depth::deep)), expected);
        const auto repaired = make_audit().repair();
        ASSERT_TRUE(repaired.has_value()) << repaired.error().message;
        EXPECT_EQ(text_of(*repaired), "");
        ASSERT_TRUE(repaired->mended.has_value());
        EXPECT_FALSE(repaired->mended->rebuilt);
        EXPECT_EQ(before.differences(digest_of()), "");
        EXPECT_TRUE(run(Depth::quick).clean());
    }

    /// The sequence of some run of a cell.
    [[nodiscard]] std::uint64_t some_run() const {
        return static_cast<std::uint64_t>(
            integer("SELECT max(sequence) FROM cell_executions WHERE duration_us IS NOT NULL"));
    }

    std::unique_ptr<TestJournal> journal_ = std::make_unique<TestJournal>();
    std::uint64_t access_ = 0;
    std::uint64_t signal_ = 0;
    std::uint64_t run_ = 0;
    std::uint64_t quarantine_ = 0;
    std::uint64_t server_ = 0;
    std::uint64_t dead_ = 0;
    std::uint64_t redacted_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Engines, AuditedRowsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(AuditedRowsTest, FindsNothingWhereAllIsAsTheJournalSays) {
    make();
    for (const Depth depth : {Depth::quick, Depth::deep}) {
        const auto report = run(depth);
        EXPECT_EQ(text_of(report), "");
        EXPECT_EQ(report.through, journal_->entries.size());
        EXPECT_EQ(report.rows, journal_->entries.size() - 1) << "all but the server's own note";
        EXPECT_EQ(report.rows_read, 0U);
        EXPECT_GT(report.totals, 2U);
    }
}

TEST_P(AuditedRowsTest, WaitsForRowsOfThisJournal) {
    journal_->post(run_json("a@example.com", "c", 0, false), kStartUs);
    EXPECT_EQ(make_audit().run(Depth::quick).error().code, ErrorCode::not_found);
    project();
    EXPECT_TRUE(run(Depth::quick).clean());
    TestJournal other;
    other.journal_id.bytes.fill(9);
    audit::Audit audit(std::make_unique<AuditedRows>(store()), std::make_unique<TestSource>(other));
    EXPECT_EQ(audit.run(Depth::quick).error().code, ErrorCode::not_found);
}

TEST_P(AuditedRowsTest, Missing) {
    make();
    find_and_mend("DELETE FROM events WHERE sequence = 7", "missing 7");
    find_and_mend("DELETE FROM events WHERE sequence IN (1, 2, 200)",
                  "missing 1, missing 2, missing 200");
    find_and_mend(fmt::format("DELETE FROM cell_executions WHERE sequence = {}", some_run()),
                  fmt::format("changed {}", some_run()));
    find_and_mend(fmt::format("DELETE FROM dead_letters WHERE sequence = {}", dead_),
                  fmt::format("missing {}", dead_));
    find_and_mend(fmt::format("DELETE FROM quarantine WHERE sequence = {}", quarantine_),
                  fmt::format("missing {}", quarantine_));
    find_and_mend(fmt::format("DELETE FROM events WHERE sequence = {}", redacted_),
                  fmt::format("missing {}", redacted_));
    find_and_mend(fmt::format("DELETE FROM student_signals WHERE sequence = {}", signal_),
                  fmt::format("changed {}", signal_));
}

TEST_P(AuditedRowsTest, MergedWithAnother) {
    make();
    // As a store without a key would leave two events: one row, which has the content of both.
    const std::uint64_t run = some_run();
    find_and_mend(fmt::format("DELETE FROM events WHERE sequence = {0}; UPDATE cell_executions SET "
                              "duration_us = duration_us + 5 WHERE sequence = {1}; DELETE FROM "
                              "cell_executions WHERE sequence = {0}",
                              run - 1, run),
                  fmt::format("missing {}, changed {}", run - 1, run));
}

TEST_P(AuditedRowsTest, Extra) {
    make();
    const auto insert = [&](std::int64_t sequence) {
        return fmt::format(
            "INSERT INTO events (sequence, event_id, received_us, content_hash, clock_bad) VALUES "
            "({}, {}000102030405060708090a0b0c0d0e0f', 0, 0, 0)",
            sequence, engine_ == sql::Engine::sqlite ? "x'" : "'\\x");
    };
    find_and_mend(insert(static_cast<std::int64_t>(server_)), fmt::format("extra {}", server_));
    find_and_mend(insert(1'000'000), "extra 1000000");
    find_and_mend(insert(-3), "extra -3");
    find_and_mend(fmt::format("INSERT INTO notebook_accesses (sequence, student_id, accessed_us, "
                              "action) SELECT {}, min(id), 0, 'opened' FROM students",
                              server_),
                  fmt::format("extra {}", server_));
}

TEST_P(AuditedRowsTest, Changed) {
    make();
    const std::uint64_t run = some_run();
    const auto where = [](std::uint64_t sequence) {
        return fmt::format(" WHERE sequence = {}", sequence);
    };
    const std::string changed = fmt::format("changed {}", run);
    find_and_mend("UPDATE events SET content_hash = content_hash + 1" + where(run), changed);
    find_and_mend("UPDATE cell_executions SET duration_us = duration_us + 1" + where(run), changed);
    constexpr bool kDeepOnly = false;
    for (const char* column : {"event_time_us = event_time_us + 1", "received_us = 1",
                               "clock_bad = 1", "event_type = 'x'", "class_code = 'x'",
                               "student_id = (SELECT id FROM students WHERE email = "
                               "'s0@example.com')"}) {
        find_and_mend(fmt::format("UPDATE events SET {}", column) + where(run_),
                      fmt::format("changed {}", run_), kDeepOnly);
    }
    for (const char* column : {"output = 'x'", "output = NULL", "status = 'error'", "cell_key = 4",
                               "started_us = 4", "notebook_id = NULL", "error_name = ''"}) {
        find_and_mend(fmt::format("UPDATE cell_executions SET {}", column) + where(run_),
                      fmt::format("changed {}", run_), kDeepOnly);
    }
    // A run of another student, which that one's streaks were counted by.
    const std::string other = "(SELECT id FROM students WHERE email = 's0@example.com')";
    find_and_mend(fmt::format("UPDATE cell_executions SET student_id = {0} WHERE sequence = {1}; "
                              "UPDATE cell_executions SET consecutive_error_count = 77 WHERE "
                              "sequence = (SELECT max(sequence) FROM cell_executions WHERE "
                              "student_id = {0} AND sequence <> {1})",
                              other, run_),
                  fmt::format("changed {}", run_), kDeepOnly);
    find_and_mend("UPDATE notebook_accesses SET action = 'closed'" + where(access_),
                  fmt::format("changed {}", access_), kDeepOnly);
    find_and_mend("UPDATE student_signals SET value = 'here'" + where(signal_),
                  fmt::format("changed {}", signal_), kDeepOnly);
    find_and_mend("UPDATE quarantine SET payload = 'x'" + where(quarantine_),
                  fmt::format("changed {}", quarantine_), kDeepOnly);
    find_and_mend("UPDATE dead_letters SET payload_crc32c = 1" + where(dead_),
                  fmt::format("changed {}", dead_), kDeepOnly);
}

TEST_P(AuditedRowsTest, Doubled) {
    make();
    find_and_mend(
        "INSERT INTO quarantine (sequence, item_id, received_us, content_hash, payload) "
        "SELECT sequence, event_id, received_us, content_hash, 'x' FROM events WHERE "
        "sequence = 5",
        "doubled 5");
    if (engine_ != sql::Engine::sqlite) return;  // PostgreSQL lets no such rows in.

    find_and_mend(
        "UPDATE events SET event_id = (SELECT event_id FROM events WHERE sequence = 3) "
        "WHERE sequence = 9",
        "doubled 9, missing 9");
    find_and_mend(
        "INSERT OR REPLACE INTO event_ids SELECT event_id, 4 FROM events WHERE sequence "
        "= 9",
        "changed 9", false);
    find_and_mend(
        "DELETE FROM recent_event_ids WHERE sequence = 200; DELETE FROM event_ids WHERE "
        "sequence = 200",
        "changed 200", false);
}

TEST_P(AuditedRowsTest, WhatTheStoreDidNotTakeIsADeadLetter) {
    make();
    alter(engine_ == sql::Engine::sqlite
              ? "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.class_code = 'refused' "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
              : "ALTER TABLE events ADD CHECK (class_code <> 'refused')");
    const std::uint64_t refused = journal_->post(
        run_json("s1@example.com", "c", 0, false, R"("eventId":"no","classCode":"refused")"),
        kStartUs + kMinuteUs);
    project();
    EXPECT_EQ(integer("SELECT count(*) FROM dead_letters"), 2);
    EXPECT_EQ(text_of(run(Depth::deep)), "");
    EXPECT_TRUE(run(Depth::quick).clean());
    // It stays aside when others of its student are projected again.
    find_and_mend(fmt::format("DELETE FROM notebook_accesses WHERE sequence = {}", access_),
                  fmt::format("changed {}", access_));
    find_and_mend(fmt::format("DELETE FROM student_signals WHERE sequence = {}", signal_),
                  fmt::format("changed {}", signal_));
    EXPECT_EQ(integer(fmt::format("SELECT count(*) FROM events WHERE sequence = {}", refused)), 0);
}

TEST_P(AuditedRowsTest, WrongOrder) {
    make();
    find_and_mend(
        "UPDATE events SET sequence = -9 WHERE sequence = 9; UPDATE events SET sequence "
        "= 9 WHERE sequence = 10; UPDATE events SET sequence = 10 WHERE sequence = -9",
        "order 9, order 10");
}

TEST_P(AuditedRowsTest, Totals) {
    make();
    find_and_mend(
        "UPDATE daily_totals SET events = events + 1 WHERE student_id = (SELECT id FROM "
        "students WHERE email = 's1@example.com') AND day = (SELECT max(day) FROM "
        "daily_totals)",
        "totals 0");
    find_and_mend(
        "DELETE FROM daily_totals WHERE student_id = (SELECT id FROM students WHERE email "
        "= 's2@example.com')",
        "totals 0");
}

TEST_P(AuditedRowsTest, MendsWhateverWasDone) {
    for (const std::uint64_t seed : {1, 2, 3}) {
        make(seed, 150);
        const Digest before = digest_of();
        SeededRandom random(seed);
        for (int at = 0; at < 12; ++at) {
            const char* table =
                std::array{"events", "cell_executions", "help_signals"}[random.u32() % 3];
            alter(fmt::format("DELETE FROM {} WHERE sequence = {}", table,
                              1 + random.u32() % journal_->entries.size()));
        }
        const auto repaired = make_audit().repair();
        ASSERT_TRUE(repaired.has_value()) << repaired.error().message;
        EXPECT_EQ(text_of(*repaired), "");
        EXPECT_EQ(before.differences(digest_of()), "") << "seed " << seed;
        if (engine_ == sql::Engine::sqlite) {
            std::filesystem::remove_all(folder_);
            std::filesystem::create_directories(folder_);
        } else {
            url_.clear();
        }
    }
}

TEST_P(AuditedRowsTest, TheProjectionGoesOnBehindARepair) {
    make();
    for (const char* table : {"cell_executions", "cell_states", "sessions"}) {
        alter(
            fmt::format("DELETE FROM {} WHERE student_id = (SELECT id FROM students WHERE email "
                        "= 's1@example.com')",
                        table));
    }
    RelationalSink sink(store(), options());
    const auto cursor = sink.open();
    ASSERT_TRUE(cursor.has_value() && cursor->has_value());
    const auto go_on = [&](int number) {
        journal_->post(run_json("s1@example.com", "cell-1", number * kSecondUs, true,
                                fmt::format(R"("eventId":"later-{}","sessionId":"p1")", number)),
                       kStartUs + kDayUs);
        const auto applied = sink.apply(journal_->batch(journal_->entries.size() - 1, 1));
        ASSERT_TRUE(applied.has_value()) << applied.error().message;
    };
    // What it remembers from here on is what the damaged rows say.
    go_on(1);
    ASSERT_TRUE(make_audit().repair());
    go_on(2);
    go_on(3);
    EXPECT_TRUE(run(Depth::deep).clean());
    RelationalSink fresh(store("fresh.db"), options());
    apply_all(fresh, *journal_, 50);
    EXPECT_EQ(digest_of().differences(digest_of("fresh.db")), "");
}

TEST_P(AuditedRowsTest, RebuildsWhatIsTooMuchToMend) {
    make();
    const Digest before = digest_of();
    alter("DELETE FROM events WHERE sequence > 20");
    AuditedRows rows(store(), kMergeInterval);
    TestSource source(*journal_);
    const auto mended = rows.mend({}, false, source);
    ASSERT_TRUE(mended.has_value()) << mended.error().message;
    EXPECT_TRUE(mended->rebuilt);
    EXPECT_EQ(before.differences(digest_of()), "");
}

TEST_P(AuditedRowsTest, AQuickAuditGoesOnWhereTheLastOneEnded) {
    make();
    audit::Audit audit = make_audit();
    ASSERT_TRUE(audit.run(Depth::quick)->clean());
    journal_->post(run_json("new@example.com", "c", 0, false), kStartUs + kDayUs);
    project();
    const auto report = audit.run(Depth::quick);
    EXPECT_EQ(text_of(*report), "");
    EXPECT_EQ(report->through, journal_->entries.size());
    alter("DELETE FROM events WHERE sequence = 7");
    EXPECT_EQ(text_of(*audit.run(Depth::quick)), "missing 7");
}

}  // namespace
}  // namespace cellmon::relational
