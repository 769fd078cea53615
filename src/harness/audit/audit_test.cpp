// Goal: the audit finds each kind of fault, and none where there is none.
// Method: a data folder made by the test (journal from the format page, tables by hand) in which
// one fault is planted.
#include "harness/audit/audit.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "harness/audit/test_journal.hpp"

namespace cellmon::harness {
namespace {

constexpr int kEvents = 6;

class AuditTest : public testing::Test {
  protected:
    AuditTest() {
        for (int n = 0; n < kEvents; ++n) {
            Id128 id;
            id.bytes.fill(static_cast<std::uint8_t>(n + 1));
            const std::string json = fmt::format(
                R"({{"eventId":"{}","eventType":"cell_executed","eventTime":"2026-11-23T17:44:1{}.000Z","emailAddress":"student00{}@example.com","notebookPath":"演習.ipynb","cellId":"c{}","code":"x = {}","executionCount":{},"executionDurationMs":2.5,{}}})",
                id.to_string(), n, n + 1, n, n, n + 10,
                n % 2 == 0 ? R"("hasError":false)" : R"("hasError":true,"errorName":"ValueError")");
            journal_.push_back({id, json});
            table_.push_back({id, json});
            ContentReader reader;
            LedgerEntry entry;
            entry.content = reader.read(json)->content;
            entry.outcome = Outcome::acked;
            ledger_.entries.emplace(id, entry);
            ledger_.order.push_back(id);
        }
        ledger_.header.students = 1;
    }
    ~AuditTest() override { std::filesystem::remove_all(data_); }

    static Id128 stranger() {
        Id128 id;
        id.bytes.fill(0xee);
        return id;
    }

    /// Writes the folder and audits it.
    AuditReport audit(bool others_allowed = false) {
        TestJournal journal(data_ + "/journal");
        journal.segment(
            {{journal_.begin(), journal_.begin() + 2}, {journal_.begin() + 2, journal_.end()}},
            true);
        write_tables();
        auto report = audit_folder(data_, ledger_, {.others_allowed = others_allowed, .wait_us = 0},
                                   SystemClock());
        EXPECT_TRUE(report.has_value()) << report.error().message;
        return std::move(*report);
    }

    void write_tables() {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open((data_ + "/relational.db").c_str(), &database), SQLITE_OK);
        const auto run = [&](const std::string& sql) {
            char* message = nullptr;
            ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
                << message;
        };
        run("CREATE TABLE events (sequence INTEGER PRIMARY KEY, event_id BLOB, event_type TEXT, "
            "event_time_us INTEGER,"
            " content_hash INTEGER, student_id INTEGER, notebook_id INTEGER, cell_id INTEGER);"
            "CREATE TABLE students (id INTEGER PRIMARY KEY, email TEXT);"
            "CREATE TABLE notebooks (id INTEGER PRIMARY KEY, path TEXT);"
            "CREATE TABLE cells (id INTEGER PRIMARY KEY, cell_id TEXT);"
            "CREATE TABLE cell_executions (sequence INTEGER PRIMARY KEY, student_id INTEGER,"
            " notebook_id INTEGER, cell_id INTEGER, executed_us INTEGER, status TEXT,"
            " execution_count INTEGER, duration_us INTEGER, error_name TEXT);"
            "CREATE TABLE projection_state (name TEXT, sequence INTEGER)");
        run(fmt::format("INSERT INTO projection_state VALUES ('live', {})", journal_.size()));
        ContentReader reader;
        for (std::size_t i = 0; i < table_.size(); ++i) {
            if (table_[i].payload.empty()) continue;
            const auto content = reader.read(table_[i].payload)->content;
            std::string hex;
            for (const auto byte : table_[i].id.bytes)
                hex += fmt::format("{:02x}", byte);
            const auto hash = static_cast<std::int64_t>(
                XXH64(table_[i].payload.data(), table_[i].payload.size(), 0));
            run(fmt::format(
                "INSERT INTO students VALUES ({0}, '{1}'); INSERT INTO notebooks VALUES ({0}, "
                "'{2}');"
                "INSERT INTO cells VALUES ({0}, '{3}');"
                "INSERT INTO events VALUES ({0}, x'{4}', '{5}', {6}, {7}, {0}, {0}, {0})",
                i + 1, content.email, content.notebook, content.cell, hex, content.type,
                content.time_us, hash));
            if (content.execution.status.empty()) continue;
            run(fmt::format(
                "INSERT INTO cell_executions VALUES ({0}, {0}, {0}, {0}, {1}, '{2}', "
                "{3}, {4}, nullif('{5}', ''))",
                i + 1, content.time_us, content.execution.status, content.execution_count.value(),
                content.execution.duration_us.value(), content.execution.error_name));
        }
        run(alteration_);
        sqlite3_close(database);
    }

    /// Counts of a fault in the journal and in the table.
    static std::pair<std::uint64_t, std::uint64_t> counts(const AuditReport& report, Fault fault) {
        return {report.stores[0].findings().count(fault), report.stores[1].findings().count(fault)};
    }

    static void replace(std::string& text, const std::string& from, const std::string& to) {
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos);
        text.replace(at, from.size(), to);
    }

    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    std::string data_ = testing::TempDir() + "audit-" + std::to_string(getpid());
    std::vector<TestJournal::Item> journal_;
    std::vector<TestJournal::Item>
        table_;  ///< Row n is sequence n + 1; an empty payload leaves it out.
    Ledger ledger_;
    std::string alteration_;  ///< SQL that is run on the tables at the end.
};

TEST_F(AuditTest, FindsNothingWhereNothingIsWrong) {
    const auto report = audit();
    EXPECT_TRUE(report.clean()) << table_of(report);
    EXPECT_EQ(report.stores[0].events(), 6U);
    EXPECT_EQ(report.stores[1].events(), 6U);
    EXPECT_NE(json_of(report).find("\"clean\":true"), std::string::npos);
}

TEST_F(AuditTest, FindsALostEvent) {
    journal_.pop_back();
    table_.pop_back();
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::lost), Pair(1, 0)) << "told once: in the journal";
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 0));
    EXPECT_FALSE(report.clean());
    EXPECT_NE(table_of(report).find("06060606-0606-0606-0606-060606060606"), std::string::npos);
}

TEST_F(AuditTest, AnUnknownEventMayBeMissing) {
    journal_.pop_back();
    table_.pop_back();
    ledger_.entries.at(ledger_.order.back()).outcome = Outcome::unknown;
    EXPECT_TRUE(audit().clean());
}

TEST_F(AuditTest, FindsARowThatIsMissingFromTheTableOnly) {
    table_[2].payload.clear();
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::lost), Pair(0, 1));
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 0)) << "told once: it is lost";
}

TEST_F(AuditTest, FindsARowThatIsMissingAndWasNeverPromised) {
    table_[2].payload.clear();
    ledger_.entries.at(ledger_.order[2]).outcome = Outcome::unknown;
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::lost), Pair(0, 0));
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 1));
}

TEST_F(AuditTest, FindsADoubledEvent) {
    journal_.push_back(journal_[1]);
    table_.push_back(table_[1]);
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::doubled), Pair(1, 0)) << "told once: in the journal";
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 0));
}

TEST_F(AuditTest, FindsAnEventThatTakesThePlaceOfAnotherInTheTableOnly) {
    table_[4] = table_[1];
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::doubled), Pair(0, 1));
    EXPECT_EQ(counts(report, Fault::lost), Pair(0, 1)) << "the other";
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 0)) << "told once: doubled and lost";
}

TEST_F(AuditTest, ARowThatComesTwiceIsDoubledAndNotOutOfOrder) {
    StoreCheck check("export", ledger_, false);
    StoredRow row;
    for (const std::uint64_t sequence : {1U, 1U, 3U, 2U}) {
        row.sequence = sequence;
        row.id = ledger_.order[sequence - 1];
        check.event(row, nullptr);
    }
    EXPECT_EQ(check.findings().count(Fault::doubled), 1U);
    EXPECT_EQ(check.findings().count(Fault::order), 1U) << "the last one";
}

TEST_F(AuditTest, AnUnknownEventMustNotBeDoubledEither) {
    ledger_.entries.at(ledger_.order[1]).outcome = Outcome::unknown;
    journal_.push_back(journal_[1]);
    table_.push_back(table_[1]);
    EXPECT_EQ(counts(audit(), Fault::doubled), Pair(1, 0));
}

TEST_F(AuditTest, FindsAPhantomUnlessOthersAreAllowed) {
    journal_.push_back({stranger(), journal_[0].payload});
    table_.push_back({stranger(), journal_[0].payload});
    EXPECT_EQ(counts(audit(), Fault::phantom), Pair(1, 0));
    std::filesystem::remove_all(data_);
    const auto report = audit(true);
    EXPECT_TRUE(report.clean()) << table_of(report);
    EXPECT_EQ(report.stores[0].others(), 1U);
}

TEST_F(AuditTest, AQuarantinedItemIsNoEvent) {
    journal_.push_back({stranger(), "[1]", 2});
    EXPECT_TRUE(audit().clean());
}

TEST_F(AuditTest, FindsWrongFieldsInTheJournal) {
    replace(journal_[3].payload, "x = 3", "x = 4");
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::wrong), Pair(1, 0));
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 0)) << "told once: in the journal";
}

TEST_F(AuditTest, FindsAnotherContentHashInTheTable) {
    alteration_ = "UPDATE events SET content_hash = content_hash + 1 WHERE sequence = 4";
    EXPECT_EQ(counts(audit(), Fault::differs), Pair(0, 1));
}

TEST_F(AuditTest, FindsWrongFieldsInTheTable) {
    replace(table_[0].payload, "student001", "student009");
    replace(table_[1].payload, "T17:44:11", "T17:44:12");
    replace(table_[2].payload, "cell_executed", "help");
    replace(table_[3].payload, "演習", "宿題");
    replace(table_[4].payload, "\"c4\"", "\"c9\"");
    const auto report = audit();
    EXPECT_EQ(counts(report, Fault::wrong), Pair(0, 5));
    EXPECT_EQ(counts(report, Fault::differs), Pair(0, 0)) << "told once: they are wrong";
}

TEST_F(AuditTest, FindsEachAlteredColumnOfAnExecutionAndNamesIt) {
    struct Case {
        const char* sql;
        const char* named;
    };
    for (const auto& [sql, named] : std::initializer_list<Case>{
             {"UPDATE cell_executions SET status = 'success'", ".status"},
             {"UPDATE cell_executions SET execution_count = 99", ".execution_count"},
             {"UPDATE cell_executions SET execution_count = NULL", ".execution_count"},
             {"UPDATE cell_executions SET duration_us = duration_us + 1", ".duration_us"},
             {"UPDATE cell_executions SET error_name = 'KeyError'", ".error_name"},
             {"UPDATE cell_executions SET executed_us = executed_us - 1", ".executed_us"},
             {"UPDATE cell_executions SET student_id = 1", ".student_id"},
             {"UPDATE cell_executions SET notebook_id = NULL", ".notebook_id"},
             {"UPDATE cell_executions SET cell_id = 1", ".cell_id"},
             {"DELETE FROM cell_executions", ""}}) {
        std::filesystem::remove_all(data_);
        alteration_ = fmt::format("{} WHERE sequence = 4", sql);
        const auto report = audit();
        EXPECT_FALSE(report.clean()) << sql;
        EXPECT_EQ(counts(report, Fault::wrong), Pair(0, 1)) << sql;
        const auto& samples = report.stores[1].findings().samples(Fault::wrong);
        ASSERT_EQ(samples.size(), 1U) << sql;
        EXPECT_NE(samples[0].find("sequence 4"), std::string::npos) << samples[0];
        EXPECT_TRUE(samples[0].ends_with(fmt::format("cell_executions{}", named))) << samples[0];
    }
}

TEST_F(AuditTest, FindsAnExecutionOfWhatIsNone) {
    const auto make_markdown = [](std::string& payload) {
        payload.insert(payload.size() - 1, R"(,"cellType":"markdown")");
    };
    ContentReader reader;
    make_markdown(journal_[2].payload);
    make_markdown(table_[2].payload);
    ledger_.entries.at(ledger_.order[2]).content = reader.read(journal_[2].payload)->content;
    EXPECT_TRUE(audit().clean());
    std::filesystem::remove_all(data_);
    alteration_ = "INSERT INTO cell_executions (sequence, status) VALUES (3, 'success')";
    EXPECT_EQ(counts(audit(), Fault::wrong), Pair(0, 1));
}

TEST_F(AuditTest, FindsARefusedEventThatIsStoredAllTheSame) {
    ledger_.entries.at(ledger_.order[4]).outcome = Outcome::refused;
    EXPECT_EQ(counts(audit(), Fault::refused), Pair(1, 0));
}

TEST_F(AuditTest, FindsRowsUnderAnotherSequence) {
    std::swap(table_[0], table_[5]);
    EXPECT_EQ(counts(audit(), Fault::differs), Pair(0, 2));
}

TEST_F(AuditTest, ADamagedJournalIsAnErrorOfItsOwn) {
    audit();
    const std::string segment = data_ + "/journal/00000000000000000001.segment";
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file.put('\x5a');
    file.close();
    const auto report =
        audit_folder(data_, ledger_, {.others_allowed = false, .wait_us = 0}, SystemClock());
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace cellmon::harness
