// Goal: subscribers are told what the contract says (§9), and the third error in a row as such.
// Method: entries as the decoder makes them; messages read back as JSON.
#include "sinks/redis/messages.hpp"

#include <algorithm>
#include <map>

#include <simdjson.h>

#include "sinks/redis/test_journal.hpp"

namespace cellmon::redis {
namespace {

constexpr std::string_view kStream = "cellmon:events:x:1";

class RedisMessagesTest : public ::testing::Test {
  protected:
    /// The messages of one posted event, by channel.
    std::map<std::string, std::string> say(std::string_view json) {
        journal_.post(json);
        const journal::Entry& entry = journal_.entries.back();
        messages_.take(entry);
        std::map<std::string, std::string> said;
        for (const Message& message : messages_.of(entry, Audience::everybody(), 1, kStartUs)) {
            EXPECT_TRUE(said.emplace(message.channel, message.text).second);
        }
        return said;
    }

    std::map<std::string, std::string> run(bool failed, std::string_view cell = "c1") {
        return say(fmt::format(
            R"({{"eventType":"cell_executed","emailAddress":"ann@example.com","userName":"安",)"
            R"("notebookPath":"a/b.ipynb","cellId":"{}","executionCount":1,"hasError":{},)"
            R"("errorMessage":"NameError: x","eventTime":"2026-09-21T14:13:20Z"}})",
            cell, failed));
    }

    TestJournal journal_;
    Messages messages_{std::string(kStream), live::Thresholds{}};
};

TEST_F(RedisMessagesTest, AProgressEventHasAllFieldsOfTheContractInOrder) {
    const auto said = say(
        R"({"eventId":"e1","eventType":"note","eventTime":"2026-09-21T14:13:20Z","emailAddress":"ann@example.com","code":"x\n\"1\"","cellIndex":3,"hasError":false,"executionDurationMs":2.5,"metadata":{"a":[1]},"classCode":"C"})");
    EXPECT_EQ(
        said.at("progress_events"),
        R"({"eventId":"e1","eventType":"note","eventTime":"2026-09-21T14:13:20.000000Z","emailAddress":"ann@example.com","userName":null,"teamName":null,"sessionId":null,"notebookPath":null,"cellId":null,"cellIndex":3,"cellType":null,"code":"x\n\"1\"","executionCount":null,"hasError":false,"errorMessage":null,"result":null,"executionDurationMs":2.5,"metadata":{"a":[1]},"batch_id":"00000001","processed_at":"2026-09-21T14:13:20.000000Z","processing_version":"cellmon","sequence":1,"stream":"cellmon:events:x:1"})");
    EXPECT_EQ(
        said.at("notifications"),
        R"({"emailAddress":"ann@example.com","notebookPath":null,"event":"note","status":"processed","processedAt":"2026-09-21T14:13:20.000000Z","sequence":1,"stream":"cellmon:events:x:1"})");
    EXPECT_EQ(said.size(), 2U);
}

TEST_F(RedisMessagesTest, ARunIsADashboardUpdate) {
    const auto said = run(true);
    EXPECT_EQ(
        said.at("dashboard_updates"),
        R"({"type":"student_progress_update","emailAddress":"ann@example.com","userName":"安","teamName":null,"currentNotebook":"a/b.ipynb","lastActivity":"今","status":"active","cellExecutions":1,"errorCount":1,"timestamp":"2026-09-21T14:13:20.000000Z","isSignificantError":false,"sequence":1,"stream":"cellmon:events:x:1"})");
    EXPECT_FALSE(said.contains("error_alerts"));
    EXPECT_FALSE(say(R"({"eventType":"cell_executed","emailAddress":"ann@example.com"})")
                     .contains("dashboard_updates"))
        << "a cell that never ran";
}

TEST_F(RedisMessagesTest, TheThirdErrorInARowIsSignificant) {
    const auto significant = [](const auto& said) {
        return said.at("dashboard_updates").find("\"isSignificantError\":true") !=
               std::string::npos;
    };
    EXPECT_FALSE(significant(run(true)));
    EXPECT_FALSE(significant(run(true)));
    EXPECT_FALSE(significant(run(true, "another")));
    const auto said = run(true);
    EXPECT_TRUE(significant(said));
    const std::string& update = said.at("dashboard_updates");
    EXPECT_NE(update.find(R"("type":"significant_error_alert")"), std::string::npos);
    EXPECT_NE(update.find("安さんが同じセルで3回連続してエラーになっています"), std::string::npos);
    EXPECT_NE(said.at("error_alerts").find(R"("errorMessage":"NameError: x","severity":"high")"),
              std::string::npos);
    EXPECT_FALSE(significant(run(false)));
    EXPECT_FALSE(significant(run(true)));
}

TEST_F(RedisMessagesTest, ACellOfAnotherNotebookIsAnotherCell) {
    const auto in = [&](std::string_view notebook) {
        return say(fmt::format(
            R"({{"eventType":"cell_executed","emailAddress":"ann@example.com","notebookPath":"{}",)"
            R"("cellId":"c1","executionCount":1,"hasError":true,"eventTime":"2026-09-21T14:13:20Z"}})",
            notebook));
    };
    for (int i = 0; i < 3; ++i)
        in("original.ipynb");
    EXPECT_FALSE(in("copy.ipynb").contains("error_alerts"));
    EXPECT_TRUE(in("original.ipynb").contains("error_alerts"));
}

TEST_F(RedisMessagesTest, WhatIsToldAgainIsToldTheSame) {
    for (const bool failed : {true, true, true, false})
        run(failed);
    std::vector<bool> alerts;
    for (const journal::Entry& entry : journal_.entries) {
        messages_.take(entry);
        const auto again = messages_.of(entry, Audience::everybody(), 1, kStartUs);
        alerts.push_back(std::any_of(again.begin(), again.end(), [](const Message& message) {
            return message.channel == "error_alerts";
        }));
    }
    EXPECT_EQ(alerts, (std::vector<bool>{false, false, true, false}));
}

TEST_F(RedisMessagesTest, HelpAndErrors) {
    const auto help = say(
        R"({"eventType":"help","emailAddress":"ann@example.com","teamName":"T","notebookPath":"n","cellId":"c","eventTime":"2026-09-21T14:13:20Z"})");
    EXPECT_EQ(
        help.at("help_requests"),
        R"({"type":"help_request","emailAddress":"ann@example.com","userName":"ann","teamName":"T","notebookPath":"n","cellId":"c","timestamp":"2026-09-21T14:13:20.000000Z","priority":"urgent","sequence":1,"stream":"cellmon:events:x:1"})");
    const auto error = say(
        R"({"eventType":"error_occurred","emailAddress":"ann@example.com","errorMessage":"E","eventTime":"2026-09-21T14:13:20Z"})");
    EXPECT_EQ(
        error.at("error_alerts"),
        R"({"type":"error_alert","emailAddress":"ann@example.com","userName":"ann","teamName":"T","notebookPath":null,"cellId":null,"timestamp":"2026-09-21T14:13:20.000000Z","errorMessage":"E","severity":"high","sequence":2,"stream":"cellmon:events:x:1"})");
    EXPECT_FALSE(say(R"({"eventType":"help_stop","emailAddress":"ann@example.com"})")
                     .contains("help_requests"));
}

TEST_F(RedisMessagesTest, NothingIsSaidToNobody) {
    journal_.post(R"({"eventType":"help","emailAddress":"ann@example.com"})");
    const journal::Entry& entry = journal_.entries.back();
    messages_.take(entry);
    EXPECT_TRUE(messages_.of(entry, Audience(), 1, kStartUs).empty());
    EXPECT_EQ(messages_.of(entry, Audience::everybody(), 1, kStartUs).size(), 3U);
}

TEST_F(RedisMessagesTest, WhatIsNoEventIsNotSaid) {
    journal_.append(journal::EntryKind::quarantine, "{}", kStartUs, Id128{});
    journal_.append(journal::EntryKind::event, "no JSON", kStartUs, Id128{});
    for (const journal::Entry& entry : journal_.entries) {
        messages_.take(entry);
        EXPECT_TRUE(messages_.of(entry, Audience::everybody(), 1, kStartUs).empty());
    }
}

}  // namespace
}  // namespace cellmon::redis
