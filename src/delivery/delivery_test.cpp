// Goal: each number of a stream ends as received, refused or abandoned, and what is missing is
// known exactly, also after a restart. Method: a naive set of numbers as the model for the ranges;
// hand-made streams for the rest; a client that sends again what it is told until everything has
// converged.
#include "delivery/delivery.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "delivery/number_ranges.hpp"

namespace cellmon::delivery {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

class TestClock final : public Clock {
  public:
    TimeUs now = 1'000 * kSecond;
    [[nodiscard]] TimeUs now_us() const override { return now; }
    [[nodiscard]] std::int64_t steady_us() const override { return now; }
};

TEST(NumberRanges, AgreesWithASetOfNumbers) {
    const bool holds = rc::check([] {
        NumberRanges ranges;
        std::set<std::uint64_t> model;
        const auto steps = *rc::gen::inRange(1, 60);
        for (int i = 0; i < steps; ++i) {
            const auto first = *rc::gen::inRange<std::uint64_t>(1, 60);
            const auto last = first + *rc::gen::inRange<std::uint64_t>(0, 5);
            std::uint64_t added = 0;
            for (auto number = first; number <= last; ++number)
                added += model.insert(number).second;
            RC_ASSERT(ranges.add(first, last, i) == added);
        }
        std::uint64_t missing = 0;
        for (std::uint64_t number = 1; number <= *model.rbegin(); ++number) {
            RC_ASSERT(ranges.contains(number) == model.contains(number));
            missing += model.contains(number) ? 0 : 1;
        }
        std::uint64_t through = 0;
        while (model.contains(through + 1))
            ++through;
        RC_ASSERT(ranges.through() == through);
        RC_ASSERT(ranges.missing_count(steps) == missing);
        for (std::size_t i = 1; i < ranges.ranges().size(); ++i) {
            RC_ASSERT(ranges.ranges()[i].first > ranges.ranges()[i - 1].last + 1);
        }
    });
    EXPECT_TRUE(holds);
}

TEST(NumberRanges, TellsAGapOnlyWhenItIsOldEnough) {
    NumberRanges ranges;
    ranges.add(1, 3, 10);
    ranges.add(6, 6, 20);
    ranges.add(9, 9, 30);
    EXPECT_EQ(ranges.missing(20, 64), (std::vector<NumberRanges::Gap>{{4, 5}}));
    EXPECT_EQ(ranges.missing(30, 64), (std::vector<NumberRanges::Gap>{{4, 5}, {7, 8}}));
    EXPECT_EQ(ranges.missing(30, 1).size(), 1U);
    // A late number in the middle of a gap leaves the rest of the gap as old as it was.
    ranges.add(5, 5, 40);
    EXPECT_EQ(ranges.missing(39, 64), (std::vector<NumberRanges::Gap>{{7, 8}}));
}

TEST(NumberRanges, IsBounded) {
    NumberRanges ranges;
    for (std::uint64_t i = 0; i < NumberRanges::kMaxRanges + 10; ++i)
        ranges.add(2 * i + 1, 2 * i + 1, 0);
    EXPECT_EQ(ranges.ranges().size(), NumberRanges::kMaxRanges);
    EXPECT_TRUE(ranges.full());
    EXPECT_EQ(ranges.add(2, 2, 0), 1U);  // Still closes gaps between kept ranges.
}

struct Feeder {
    TestClock clock;
    Delivery delivery{DeliveryLimits{}, clock};
    std::uint64_t sequence = 0;

    void feed(journal::EntryKind kind, journal::Origin origin) {
        journal::EntryHeader header;
        header.sequence = ++sequence;
        header.received_us = clock.now;
        header.kind = kind;
        origin.email = "a@example.com";
        delivery.committed(header, sequence, origin);
    }
    void event(std::uint64_t number, std::string_view stream = "s") {
        journal::Origin origin;
        origin.stream_id = stream;
        origin.number = number;
        feed(journal::EntryKind::event, origin);
    }
    StreamAnswer answer(std::string_view stream = "s") { return delivery.answer({stream}).front(); }
};

TEST(Delivery, AccountsForRefusedAndAbandonedNumbers) {
    Feeder feeder;
    feeder.event(1);
    feeder.event(5);
    feeder.clock.now += 31 * kSecond;
    EXPECT_EQ(feeder.answer().missing, (std::vector<NumberRanges::Gap>{{2, 4}}));
    journal::Origin refused;
    refused.stream_id = "s";
    refused.number = 2;
    feeder.feed(journal::EntryKind::quarantine, refused);
    journal::Origin gap;
    gap.stream_id = "s";
    gap.number = 6;
    gap.gap_first = 3;
    gap.gap_last = 4;
    feeder.feed(journal::EntryKind::event, gap);
    EXPECT_TRUE(feeder.answer().missing.empty());
    EXPECT_EQ(feeder.answer().received_through, 6U);
    const auto student = feeder.delivery.students().front();
    EXPECT_EQ(student.received, 3U);
    EXPECT_EQ(student.refused, 1U);
    EXPECT_EQ(student.abandoned, 2U);
    EXPECT_EQ(student.missing, 0U);
}

/// One event of a student, in a stream of theirs.
void commit_of(Delivery& delivery, std::uint64_t sequence, std::string_view email,
               std::string_view stream, std::uint64_t number) {
    journal::EntryHeader header;
    header.sequence = sequence;
    journal::Origin origin;
    origin.email = email;
    origin.stream_id = stream;
    origin.number = number;
    delivery.committed(header, sequence, origin);
}

TEST(Delivery, CountsResentEventsByStudent) {
    const TestClock clock;
    Delivery delivery({}, clock);
    commit_of(delivery, 1, "ann@x", "a", 1);
    commit_of(delivery, 2, "bob@x", "b", 1);
    const std::vector<std::string_view> resent = {"ann@x", "bob@x", "ann@x", "erased@x"};
    delivery.count_duplicates(resent);
    delivery.count_duplicates({});
    delivery.count_duplicates(std::span(resent).first(1));
    const auto students = delivery.students();
    ASSERT_EQ(students.size(), 2U) << "whoever was erased does not come back by that";
    EXPECT_EQ(students[0].duplicates, 3U);
    EXPECT_EQ(students[1].email, "bob@x");
    EXPECT_EQ(students[1].duplicates, 1U);
}

TEST(Delivery, ForgetsAStudentAsIfNothingOfThemHadCome) {
    const std::string path = ::testing::TempDir() + "/delivery-forget.checkpoint";
    const auto files = io::make_posix_file_system();
    const TestClock clock;
    Delivery with({}, clock);
    Delivery without({}, clock);
    commit_of(with, 1, "Ann@x", "a", 1);
    commit_of(with, 2, "bob@x", "b", 1);
    commit_of(with, 3, "ann@x", "a2", 1);
    commit_of(with, 4, "eve@x", "e", 3);
    commit_of(without, 2, "bob@x", "b", 1);
    commit_of(without, 4, "eve@x", "e", 3);
    ASSERT_TRUE(with.checkpoint(*files, path));
    ASSERT_TRUE(Delivery::forget(*files, path, "aNN@x", clock));
    const std::string forgotten = *io::read_file(*files, path);
    ASSERT_TRUE(without.checkpoint(*files, path));
    const std::string expected = *io::read_file(*files, path);
    // Streams lie in no order.
    EXPECT_EQ(forgotten.size(), expected.size());
    EXPECT_EQ(forgotten.find("nn@x"), std::string::npos);
    for (const std::string_view rest : {"bob@x", "eve@x"})
        EXPECT_NE(forgotten.find(rest), std::string::npos);
    EXPECT_TRUE(Delivery::forget(*files, path + "-none", "ann@x", clock));
    std::filesystem::remove(path);
}

TEST(Delivery, TellsAClonedStreamToStartAnew) {
    Feeder feeder;
    feeder.event(1);
    EXPECT_TRUE(feeder.answer().new_stream.empty());
    feeder.event(1);
    EXPECT_EQ(feeder.answer().new_stream, "cloned");
}

// A client keeps what it sent and sends what it is told is missing. Events get lost on the way at
// random. In the end nothing is missing and everything was stored.
TEST(Delivery, AlwaysConverges) {
    const bool holds = rc::check([] {
        Feeder feeder;
        std::set<std::uint64_t> stored;
        const auto count = *rc::gen::inRange<std::uint64_t>(1, 80);
        const auto lossy =
            *rc::gen::container<std::vector<bool>>(count, rc::gen::arbitrary<bool>());
        for (std::uint64_t number = 1; number <= count; ++number) {
            // The last number always arrives: a client that falls silent cannot be known to have
            // more.
            if (lossy[number - 1] && number != count) continue;
            feeder.event(number);
            stored.insert(number);
        }
        for (int round = 0; round < 100; ++round) {
            feeder.clock.now += 31 * kSecond;
            const auto answer = feeder.answer();
            if (answer.missing.empty()) break;
            RC_ASSERT(answer.missing.size() <= 64U);
            for (const auto& [first, last] : answer.missing) {
                for (auto number = first; number <= last; ++number) {
                    RC_ASSERT(!stored.contains(number));
                    if (*rc::gen::weightedElement<bool>({{3, true}, {1, false}})) {
                        feeder.event(number);
                        stored.insert(number);
                    }
                }
            }
        }
        RC_ASSERT(feeder.answer().missing.empty());
        RC_ASSERT(feeder.answer().received_through == count);
        RC_ASSERT(feeder.answer().new_stream.empty());
        RC_ASSERT(stored.size() == count);
    });
    EXPECT_TRUE(holds);
}

/// One copy of a browser profile. It keeps what has no answer yet.
struct Browser {
    std::string stream = "s";
    std::uint64_t number = 0;
    std::vector<std::pair<std::string, std::uint64_t>> unsent;

    /// Posts what waits, or loses it on the way.
    void send(Feeder& feeder, bool arrives) {
        if (!arrives || unsent.empty()) return;
        for (const auto& [name, at] : unsent)
            feeder.event(at, name);
        unsent.clear();
        if (feeder.answer(stream).new_stream.empty()) return;
        stream = "s" + std::to_string(feeder.sequence);  // What nobody else can have taken.
        number = 0;
    }
};

// Copied profiles number their events in one stream until the server parts them. Whatever is lost
// on the way, each has a stream of its own in the end, and nothing is missing in any.
TEST(Delivery, AlwaysPartsClonesAndConverges) {
    const bool holds = rc::check([] {
        Feeder feeder;
        std::vector<Browser> browsers(1);
        std::set<std::string> streams{"s"};
        std::uint64_t made = 0;
        const auto work = [&](Browser& browser) {
            browser.unsent.emplace_back(browser.stream, ++browser.number);
            ++made;
        };
        const auto steps = *rc::gen::inRange(1, 60);
        for (int step = 0; step < steps; ++step) {
            auto& browser = browsers[*rc::gen::inRange<std::size_t>(0, browsers.size())];
            work(browser);
            browser.send(feeder, *rc::gen::arbitrary<bool>());
            streams.insert(browser.stream);
            // A copy is made when nothing waits: what waits would be one event in both.
            if (browsers.size() < 4 && browser.unsent.empty() && *rc::gen::inRange(0, 4) == 0) {
                browsers.push_back(Browser(browser));
            }
        }
        const auto apart = [&] {
            std::set<std::string> own;
            for (const Browser& browser : browsers)
                own.insert(browser.stream);
            return own.size() == browsers.size();
        };
        for (int round = 0; round < 100 && (round == 0 || !apart()); ++round) {
            for (Browser& browser : browsers) {
                work(browser);
                browser.send(feeder, true);
                streams.insert(browser.stream);
            }
        }
        RC_ASSERT(apart());
        feeder.clock.now += 31 * kSecond;
        for (const std::string& stream : streams)
            RC_ASSERT(feeder.answer(stream).missing.empty());
        RC_ASSERT(feeder.delivery.students().front().received == made);
        RC_ASSERT(feeder.delivery.students().front().missing == 0U);
    });
    EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace cellmon::delivery
