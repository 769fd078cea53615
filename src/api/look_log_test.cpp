// Goal: who looks again and again leaves one line an hour, who does something one each time; what
// cannot be written waits, within bounds. Method: a log before a database in a file, a clock moved
// by hand.

#include "api/look_log.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "classroom/schema.hpp"

namespace cellmon::api {
namespace {

class HandClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return now; }
    [[nodiscard]] std::int64_t steady_us() const override { return now; }
    TimeUs now = 500'000 * kHourUs;
};

constexpr Look kRead{http::Method::get, "/x", "roster.read", "class {id}"};
constexpr Look kDone{http::Method::post, "/x", "help.dismiss", "student {email}", true};

class LookLogTest : public ::testing::Test {
  protected:
    LookLogTest() {
        std::string path = (std::filesystem::temp_directory_path() / "looks.XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
        sql::DatabaseOptions options;
        options.sqlite_path = folder_ + "/classroom.db";
        database_.emplace(options, classroom::schema(), clock_);
        const auto id = database_->write([](sql::Connection& c) {
            return classroom::add_account(
                c, {"a@x.org", "先生", classroom::Role::instructor, "hash"}, 1);
        });
        EXPECT_TRUE(id);
        caller_.account.id = *id;
        caller_.address = "192.0.2.7";
    }
    ~LookLogTest() override {
        database_.reset();
        std::filesystem::remove_all(folder_);
    }
    std::vector<std::string> written() {
        EXPECT_TRUE(log_.write(*database_));
        const auto lines = database_->read(
            [](sql::Connection& c) { return classroom::audit_entries(c, {.limit = 100'000}); });
        std::vector<std::string> texts;
        for (const auto& line : *lines)
            texts.push_back(line.entry.action + ' ' + line.entry.subject + ' ' + line.actor + ' ' +
                            line.entry.address);
        return texts;
    }

    HandClock clock_;
    std::string folder_;
    std::optional<sql::Database> database_;
    LookLog log_{clock_};
    auth::Caller caller_;
};

TEST_F(LookLogTest, OneLineAnHourForAnAccountAndASubject) {
    for (int i = 0; i < 50; ++i)
        log_.note(caller_, kRead, "class 1");
    log_.note(caller_, kRead, "class 2");
    EXPECT_EQ(written(), (std::vector<std::string>{"roster.read class 2 a@x.org 192.0.2.7",
                                                   "roster.read class 1 a@x.org 192.0.2.7"}));
    log_.note(caller_, kRead, "class 1");
    EXPECT_EQ(written().size(), 2U) << "also behind a write";
    clock_.now += kHourUs;
    log_.note(caller_, kRead, "class 1");
    EXPECT_EQ(written().size(), 3U);
}

TEST_F(LookLogTest, WhatWasDoneIsThereEachTime) {
    for (int i = 0; i < 3; ++i)
        log_.note(caller_, kDone, "student s@x.org");
    EXPECT_EQ(written().size(), 3U);
}

TEST_F(LookLogTest, WhatWaitsIsBoundedAndSaid) {
    for (std::size_t i = 0; i < LookLog::kMostWaiting + 5; ++i)
        log_.note(caller_, kRead, "class " + std::to_string(i));
    EXPECT_EQ(log_.take_lost(), 5U);
    EXPECT_EQ(log_.take_lost(), 0U);
    EXPECT_EQ(written().size(), LookLog::kMostWaiting);
    log_.note(caller_, kRead, "class " + std::to_string(LookLog::kMostWaiting + 1));
    EXPECT_EQ(written().size(), LookLog::kMostWaiting + 1) << "what was lost is noted next time";
}

TEST_F(LookLogTest, ALongSubjectIsCutBetweenLetters) {
    log_.note(caller_, kDone, "student " + std::string(391, 'x') + "あ");
    EXPECT_EQ(written().at(0).find("あ"), std::string::npos);
    EXPECT_NE(written().at(0).find(std::string(391, 'x') + " a@x.org"), std::string::npos);
}

TEST_F(LookLogTest, WhatIsNoTextIsNotedAsThat) {
    log_.note(caller_, kRead, "class \xff");
    EXPECT_EQ(written(), std::vector<std::string>{"roster.read what is no text a@x.org 192.0.2.7"});
}

TEST(LookTable, NamesTheSubject) {
    http::Request request;
    request.path_parameters = {{"email", "s@x.org"}};
    const Look* look = look_at(http::Method::get, "/api/v1/dashboard/students/{email}/activity");
    ASSERT_NE(look, nullptr);
    EXPECT_EQ(subject_of(*look, request), "student s@x.org");
    const Look* live = look_at(http::Method::get, "/api/v1/live");
    ASSERT_NE(live, nullptr);
    EXPECT_EQ(subject_of(*live, request), "students");
    request.query = {{"room", "class:PY-1"}, {"token", "secret"}};
    EXPECT_EQ(subject_of(*live, request), "students class:PY-1");
    EXPECT_EQ(look_at(http::Method::get, "/api/v1/health"), nullptr);
}

}  // namespace
}  // namespace cellmon::api
