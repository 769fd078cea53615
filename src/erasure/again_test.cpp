// Goal: whoever was erased behind a backup is asked for again when it comes back, and nobody else;
// what a person did behind their erasure is left alone, however often older data come back.
// Method: a journal and a classroom as a restore leaves them, tombstones of chosen times.
#include "erasure/again.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "classroom/schema.hpp"
#include "erasure/person_key.hpp"
#include "erasure/places.hpp"
#include "erasure/request.hpp"
#include "journal/identity.hpp"
#include "journal/journal_testing.hpp"
#include "sql/migrations.hpp"

namespace cellmon::erasure {
namespace {

using journal::testing::StepClock;

constexpr const char* kTaro = "taro@example.com";
constexpr const char* kHanako = "hanako@example.com";
constexpr TimeUs kBefore = 1'000'000;  ///< When an older backup was begun,
constexpr TimeUs kErased = 2'000'000;  ///< somebody was erased,
constexpr TimeUs kBehind = 3'000'000;  ///< and a newer one was begun.

constexpr auto kNowhere = std::string_view::npos;

const std::set<Step> kOfTheJournal{Step::journal, Step::folds, Step::relational, Step::timeseries,
                                   Step::redis};

class AgainTest : public ::testing::Test {
  protected:
    AgainTest() {
        config_.data_directory = folder_.path();
        fill_journal();
        journal_ = journal::read_identity(*files_, folder_ / "journal").value().value().journal_id;
        fill_classroom();
    }

    void fill_journal() {
        journal::JournalLimits limits;
        limits.segment_bytes = 1U << 20U;
        limits.disk_reserve_bytes = 0;
        auto log = journal::CommitLog::open(*files_, folder_ / "journal", limits, clock_, random_);
        ASSERT_TRUE(log) << log.error().message;
        std::vector<journal::testing::Message> events;
        for (const std::string email : {"Taro@Example.com", kHanako}) {
            events.push_back({email, fmt::format("{{\"eventType\":\"cell_executed\","
                                                 "\"emailAddress\":\"{}\","
                                                 "\"code\":\"to jiro@example.com\"}}",
                                                 email)});
        }
        ASSERT_TRUE(journal::testing::commit(**log, events));
    }

    /// Of the first schema that has students.
    void fill_classroom() {
        const auto connection =
            sql::open_sqlite(folder_ / "classroom.db", std::chrono::seconds(5)).value();
        std::size_t version = 1;
        while (classroom::schema()[version - 1].statements.find("CREATE TABLE students") ==
               kNowhere)
            ++version;
        ASSERT_LT(version, classroom::schema().size());
        ASSERT_TRUE(sql::migrate(*connection, classroom::schema().first(version), clock_));
        for (const std::string email : {kTaro, "saburo@example.com"}) {
            ASSERT_TRUE(
                connection->run("INSERT INTO students (email, email_key, name, created_us, "
                                "version) VALUES ($1, $1, 'x', 1, 1)",
                                email));
        }
    }

    Tombstone erase(std::string_view email, TimeUs when) {
        const auto key = PersonKey::open(*files_, folder_.path(), random_).value();
        const auto request = requests_.ask(email, random_, when - 1).value();
        EXPECT_TRUE(requests_.finish(request, journal_, key.of(email), when));
        return requests_.find_done(request.id).value().value();
    }

    Result<std::uint64_t> ask(const backup::BroughtBack& back) {
        backup::Work work;
        return ask_again({config_, *files_, clock_, random_}, back, work);
    }

    std::vector<Request> pending() { return requests_.pending().value(); }

    journal::testing::TemporaryFolder folder_;
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    StepClock clock_;
    SeededRandom random_{3};
    config::Config config_;
    Id128 journal_;  ///< In which people were erased.
    Requests requests_{*files_, folder_.path()};
};

TEST_F(AgainTest, WhoWasErasedBehindTheBackupIsAskedForAgain) {
    const Tombstone tombstone = erase(kTaro, kErased);
    const auto asked = ask({kBefore, kBefore, false});
    ASSERT_TRUE(asked) << asked.error().message;
    EXPECT_EQ(*asked, 1U);
    const auto requests = pending();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].id, tombstone.id);
    EXPECT_EQ(requests[0].email, kTaro);
    EXPECT_EQ(requests[0].again_us, kErased);
    EXPECT_TRUE(requests[0].done.empty());
}

TEST_F(AgainTest, WhoWasErasedBeforeTheBackupHasComeBackByThemselves) {
    erase(kTaro, kErased);
    EXPECT_EQ(ask({kBehind, kBehind, false}).value(), 0U);
    EXPECT_EQ(ask({kErased, kErased, false}).value(), 0U);
    EXPECT_TRUE(pending().empty());
}

TEST_F(AgainTest, WhenOneCannotBeAskedForNobodyIs) {
    for (const Tombstone& one : {erase(kTaro, kErased), erase(kHanako, kErased)}) {
        const auto in_the_way = folder_ / ("erasures/" + one.id.to_string() + ".pending.tmp");
        ASSERT_TRUE(std::filesystem::create_directory(in_the_way));
        EXPECT_FALSE(ask({kBefore, kBefore, false}));
        EXPECT_TRUE(pending().empty()) << "an address was left behind";
        std::filesystem::remove(in_the_way);
    }
    EXPECT_EQ(ask({kBefore, kBefore, false}).value(), 2U);
}

TEST_F(AgainTest, WhoIsNotThereIsNotAskedFor) {
    erase("nobody@example.com", kErased);
    erase("jiro@example.com", kErased);
    EXPECT_EQ(ask({kBefore, kBefore, false}).value(), 0U) << "a mention by somebody else stays";
}

TEST_F(AgainTest, WhoWasErasedElsewhereIsHereByRight) {
    journal_ = random_.id();
    erase(kTaro, kErased);
    EXPECT_EQ(ask({kBefore, kBefore, false}).value(), 0U);
    journal_ = Id128{};
    erase(kHanako, kErased);
    EXPECT_EQ(ask({kBefore, kBefore, false}).value(), 1U) << "of nobody knows where";
}

TEST_F(AgainTest, EachHalfIsLookedIntoByItself) {
    erase("saburo@example.com", kErased);
    erase(kHanako, kErased);
    EXPECT_EQ(ask({std::nullopt, kBefore, false}).value(), 1U);
    ASSERT_EQ(pending().size(), 1U);
    EXPECT_EQ(pending()[0].email, "saburo@example.com");
    EXPECT_EQ(pending()[0].done, kOfTheJournal);

    EXPECT_EQ(ask({kBefore, std::nullopt, true}).value(), 1U);
    ASSERT_EQ(pending().size(), 1U) << "what the restore before has asked for is taken back";
    EXPECT_EQ(pending()[0].email, kHanako);
    EXPECT_EQ(pending()[0].done, std::set{Step::classroom});
}

TEST_F(AgainTest, AHalfThatIsYoungerIsLeftAlone) {
    erase(kTaro, kErased);
    EXPECT_EQ(ask({kBehind, kBefore, false}).value(), 1U);
    ASSERT_EQ(pending().size(), 1U);
    EXPECT_EQ(pending()[0].done, kOfTheJournal);
}

TEST_F(AgainTest, ItStaysTheErasureOfThatTime) {
    const Tombstone first = erase(kTaro, kErased);
    ASSERT_EQ(ask({kBefore, kBefore, false}).value(), 1U);
    const auto key = PersonKey::open(*files_, folder_.path(), random_).value();
    ASSERT_TRUE(requests_.finish(pending()[0], journal_, key.of(kTaro), 10 * kBehind));
    EXPECT_TRUE(pending().empty());
    const auto done = requests_.done().value();
    ASSERT_EQ(done.size(), 1U);
    EXPECT_EQ(done[0].id, first.id);
    EXPECT_EQ(done[0].asked_us, first.asked_us);
    EXPECT_EQ(done[0].done_us, kErased);
    EXPECT_EQ(ask({kBehind, kBehind, false}).value(), 0U);
}

TEST_F(AgainTest, TheLastErasureOfAPersonCounts) {
    erase(kTaro, kErased);
    const Tombstone last = erase(kTaro, 2 * kBehind);
    EXPECT_EQ(ask({kBehind, kBehind, false}).value(), 1U);
    ASSERT_EQ(pending().size(), 1U);
    EXPECT_EQ(pending()[0].id, last.id);
}

TEST_F(AgainTest, WhoAsksAnewAsksForSomethingElse) {
    const Tombstone tombstone = erase(kTaro, kErased);
    ASSERT_EQ(ask({kBefore, kBefore, false}).value(), 1U);
    const auto anew = requests_.ask(kTaro, random_, kBehind);
    ASSERT_TRUE(anew);
    EXPECT_NE(anew->id, tombstone.id);
    EXPECT_EQ(anew->again_us, 0);
    EXPECT_EQ(pending().size(), 2U);
}

TEST_F(AgainTest, WithoutTheKeyItIsTold) {
    erase(kTaro, kErased);
    ASSERT_TRUE(files_->remove(folder_ / "erasures/key"));
    const auto asked = ask({kBefore, kBefore, false});
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, ErrorCode::corrupt);
    EXPECT_EQ(ask({kBehind, kBehind, false}).value(), 0U) << "nobody needs it then";
    EXPECT_FALSE(files_->exists(folder_ / "erasures/key").value());
}

TEST_F(AgainTest, ASecondKeyKnowsItsOwn) {
    erase(kTaro, kErased);
    ASSERT_TRUE(files_->rename(folder_ / "erasures/key", folder_ / "erasures/key-2"));
    erase(kHanako, kErased);
    EXPECT_EQ(ask({kBefore, kBefore, false}).value(), 2U);
}

TEST_F(AgainTest, TheClassroomIsBroughtUpToDateBeforeItIsErasedFrom) {
    EXPECT_EQ(classroom_connection(config_, *files_).value(), nullptr) << "of an older schema";
    const auto connection = current_classroom(config_, *files_, clock_);
    ASSERT_TRUE(connection) << connection.error().message;
    ASSERT_NE(*connection, nullptr);
    EXPECT_EQ((*connection)->run("SELECT count(*) FROM test_events").value().front().integer(0), 0);
}

}  // namespace
}  // namespace cellmon::erasure
