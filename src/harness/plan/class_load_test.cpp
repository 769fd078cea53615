#include "harness/plan/class_load.hpp"

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "harness/ledger/ledger.hpp"
#include "harness/plan/promises.hpp"

namespace cellmon::harness::plan {
namespace {

TEST(Rounds, AreAsLongAsTheRateTakes) {
    const auto round = round_of_minutes(20, 30, 10, 1);
    ASSERT_TRUE(round.has_value());
    Classroom classroom(round->plan);
    double events = 0;
    while (classroom.next())
        ++events;
    // Some percent faster than asked for, so that what is asked for is reached at its end.
    EXPECT_GE(events / 20 / round->seconds, 10 * 1.05);
    EXPECT_LE(events / 20 / (round->seconds + 1.2), 10 * 1.06);
}

TEST(Rounds, NeverPlaySlowerThanLife) {
    const auto round = round_of_minutes(5, 2, 0.01, 1);
    ASSERT_TRUE(round.has_value());
    EXPECT_EQ(round->seconds, 120);
}

TEST(Rounds, FillTheTimeThatIsAskedFor) {
    for (const double seconds : {3.0, 10.0, 400.0}) {
        const auto rounds = rounds_of_seconds(10, seconds, 2, 3);
        ASSERT_TRUE(rounds.has_value());
        double sum = 0;
        for (const Round& round : *rounds) {
            EXPECT_LE(round.plan.minutes, 240);
            sum += round.seconds;
        }
        EXPECT_NEAR(sum, seconds, std::max(1.5, seconds * 0.1)) << rounds->size() << " rounds";
    }
}

TEST(Rounds, AreOtherClassesOneBehindTheOther) {
    const auto rounds = rounds_of_seconds(5, 3'000, 2, 3);
    ASSERT_TRUE(rounds.has_value());
    ASSERT_GE(rounds->size(), 2U);
    EXPECT_NE(rounds->at(0).plan.seed, rounds->at(1).plan.seed);
}

TEST(LoadResult, AddsUp) {
    LoadResult a;
    LoadResult b;
    a.figures->posts = 900;
    b.figures->posts = 100;
    b.figures->unavailable = 1;
    b.figures->unanswered = 1;
    a.figures->latency.record(1'000);
    b.figures->latency.record(9'000);
    a.cpu_share = 0.5;
    b.cpu_share = 0.2;
    b.ledgers = {"b"};
    EXPECT_FALSE(LoadResult().error_percent().has_value());
    a.merge(std::move(b));
    EXPECT_DOUBLE_EQ(a.error_percent().value(), 0.2);
    EXPECT_EQ(a.figures->latency.count(), 2U);
    EXPECT_EQ(a.cpu_share, 0.5);
    EXPECT_EQ(a.ledgers, std::vector<std::string>{"b"});
}

TEST(Ledgers, OfSeveralRoundsAreOne) {
    const std::string folder = testing::TempDir() + "/cellmon-plan-ledgers";
    std::filesystem::create_directories(folder);
    std::vector<std::string> paths;
    LedgerHeader header;
    header.students = 5;
    header.minutes = 5;
    header.start_us = 1'000;
    for (const std::uint8_t number : {std::uint8_t{1}, std::uint8_t{2}}) {
        paths.push_back(folder + "/" + std::to_string(number));
        auto writer = LedgerWriter::create(paths.back(), header);
        ASSERT_TRUE(writer.has_value());
        Id128 id;
        id.bytes.fill(number);
        EventContent content;
        content.type = "notebook_saved";
        content.email = "student001@example.com";
        content.time_us = 1'000;
        writer->sent(id, content, 1, 1);
        writer->outcome(id, 1, number == 1 ? Outcome::acked : Outcome::refused);
        ASSERT_TRUE(writer->flush().has_value());
    }
    const auto all = merged(paths);
    ASSERT_TRUE(all.has_value()) << all.error().message;
    EXPECT_EQ(all->order.size(), 2U);
    EXPECT_EQ(all->entries.size(), 2U);
    EXPECT_FALSE(merged({folder + "/none"}).has_value());
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cellmon::harness::plan
