// Goal: a ledger says after any death of its writer what was sent and what was promised.
// Method: write, tear the file at every byte of its last line, read back, go on writing.
#include "harness/ledger/ledger.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "harness/classroom/classroom.hpp"

namespace cellmon::harness {
namespace {

const LedgerHeader kHeader{.students = 3,
                           .minutes = 5,
                           .seed = 18'000'000'000'000'000'000ULL,
                           .start_us = 1'790'000'000'000'000,
                           .class_code = "CS-101",
                           .flood = false,
                           .errors_per_mille = 40};

class LedgerTest : public testing::Test {
  protected:
    LedgerTest() {
        Classroom classroom({.students = 3, .minutes = 5, .seed = 4, .start_us = kHeader.start_us});
        ContentReader reader;
        while (auto event = classroom.next())
            items_.push_back(*reader.read(event->json));
    }
    ~LedgerTest() override { std::filesystem::remove(path_); }

    void write_two() {
        auto writer = LedgerWriter::create(path_, kHeader);
        ASSERT_TRUE(writer.has_value());
        writer->sent(items_[0].id, items_[0].content, 100, 200);
        writer->sent(items_[1].id, items_[1].content, 101, 201);
        writer->outcome(items_[0].id, 300, Outcome::acked);
        ASSERT_TRUE(writer->flush().has_value());
    }

    std::string path_ = testing::TempDir() + "ledger-" + std::to_string(getpid()) + ".ndjson";
    std::vector<ContentReader::Item> items_;
};

TEST_F(LedgerTest, ReadsBackWhatWasWritten) {
    write_two();
    const auto ledger = Ledger::read(path_);
    ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
    EXPECT_EQ(ledger->header, kHeader);
    ASSERT_EQ(ledger->order, (std::vector{items_[0].id, items_[1].id}));
    const auto& first = ledger->entries.at(items_[0].id);
    EXPECT_EQ(first.content, items_[0].content);
    EXPECT_EQ(first.outcome, Outcome::acked);
    EXPECT_EQ(first.intended_us, 100);
    EXPECT_EQ(first.sent_us, 300);
    EXPECT_EQ(ledger->entries.at(items_[1].id).outcome, Outcome::unknown);
    EXPECT_FALSE(ledger->torn_last_line);
}

TEST_F(LedgerTest, AnOlderHeaderIsOfTheDefaultClass) {
    std::ofstream(path_) << R"({"ledger":2,"students":3,"minutes":5,"seed":1,)"
                         << R"("start":"2026-11-01T00:00:00Z","flood":false})" << '\n';
    const auto ledger = Ledger::read(path_);
    ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
    EXPECT_EQ(ledger->header.class_code, ClassPlan().class_code);
    EXPECT_EQ(ledger->header.errors_per_mille, ClassPlan().errors_per_mille);
}

TEST_F(LedgerTest, EveryEventOfAClassSurvivesTheRoundTrip) {
    {
        auto writer = LedgerWriter::create(path_, kHeader);
        for (const auto& item : items_)
            writer->sent(item.id, item.content, 1, 2);
        ASSERT_TRUE(writer->flush().has_value());
    }
    const auto ledger = Ledger::read(path_);
    ASSERT_TRUE(ledger.has_value());
    ASSERT_EQ(ledger->entries.size(), items_.size());
    for (const auto& item : items_)
        EXPECT_EQ(ledger->entries.at(item.id).content, item.content);
}

TEST_F(LedgerTest, ATornLastLineIsForgottenAndCutOffWhenGoingOn) {
    write_two();
    std::ifstream file(path_, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(file)), {});
    const auto last_line = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t size = last_line + 1; size < whole.size(); ++size) {
        std::ofstream(path_, std::ios::binary) << whole.substr(0, size);
        auto ledger = Ledger::read(path_);
        ASSERT_TRUE(ledger.has_value()) << size;
        EXPECT_TRUE(ledger->torn_last_line);
        EXPECT_EQ(ledger->entries.at(items_[0].id).outcome, Outcome::unknown);
        {
            auto writer = LedgerWriter::append(path_);
            ASSERT_TRUE(writer.has_value());
            writer->outcome(items_[1].id, 400, Outcome::duplicate);
            ASSERT_TRUE(writer->flush().has_value());
        }
        ledger = Ledger::read(path_);
        ASSERT_TRUE(ledger.has_value()) << size;
        EXPECT_FALSE(ledger->torn_last_line);
        EXPECT_EQ(ledger->entries.at(items_[1].id).outcome, Outcome::duplicate);
    }
}

TEST_F(LedgerTest, APromiseIsNeverTakenBack) {
    write_two();
    auto writer = LedgerWriter::append(path_);
    writer->outcome(items_[0].id, 500, Outcome::refused);
    writer->outcome(items_[1].id, 500, Outcome::refused);
    ASSERT_TRUE(writer->flush().has_value());
    const auto ledger = Ledger::read(path_);
    EXPECT_EQ(ledger->entries.at(items_[0].id).outcome, Outcome::acked);
    EXPECT_EQ(ledger->entries.at(items_[1].id).outcome, Outcome::refused);
}

TEST_F(LedgerTest, RefusesAFileThatIsNoLedger) {
    std::ofstream(path_) << "{\"hello\":1}\n";
    EXPECT_FALSE(Ledger::read(path_).has_value());
    std::ofstream(path_) << "";
    EXPECT_FALSE(Ledger::read(path_).has_value());
    EXPECT_FALSE(Ledger::read(path_ + ".missing").has_value());
}

TEST(EventContent, EachFieldIsSeen) {
    ContentReader reader;
    const auto content = [&](const char* json) { return reader.read(json)->content; };
    const auto base = content(
        R"({"emailAddress":"a","eventType":"t","eventTime":"2026-11-23T17:44:13.660Z","code":"x"})");
    EXPECT_EQ(base.time_us, 1'795'455'853'660'000);
    const auto same = content(
        R"({"code":"x","eventTime":"2026-11-23T17:44:13.660000Z","eventType":"t","emailAddress":"a","result":null})");
    EXPECT_EQ(base.first_difference(same), "") << "order, decimals and nulls do not matter";
    EXPECT_EQ(base.first_difference(content(R"({"emailAddress":"b","eventType":"t"})")),
              "emailAddress");
    EXPECT_EQ(base.first_difference(content(R"({"emailAddress":"a","eventType":"u"})")),
              "eventType");
    EXPECT_EQ(base.first_difference(content(R"({"emailAddress":"a","eventType":"t"})")),
              "eventTime");
    EXPECT_EQ(
        base.first_difference(content(
            R"({"emailAddress":"a","eventType":"t","eventTime":"2026-11-23T17:44:13.660Z","code":"y"})")),
        "text fields");
    EXPECT_EQ(
        base.first_difference(content(
            R"({"emailAddress":"a","eventType":"t","eventTime":"2026-11-23T17:44:13.660Z","code":"x","hasError":false})")),
        "hasError");
    const auto classless = content(R"({"emailAddress":"a","eventType":"t"})");
    EXPECT_EQ(
        classless.first_difference(content(
            R"({"emailAddress":"a","eventType":"t","classCode":"A","server":{"classFrom":"key"}})")),
        "")
        << "what the server has from the key was not sent";
    EXPECT_EQ(classless.first_difference(
                  content(R"({"emailAddress":"a","eventType":"t","classCode":"A","server":{}})")),
              "text fields");
    EXPECT_FALSE(reader.read("[1]").has_value());
    EXPECT_FALSE(reader.read("{").has_value());
}

}  // namespace
}  // namespace cellmon::harness
