// Goal: the independent reader takes what the format page describes and nothing else.
// Method: journals written by the test from the page; every single bit of them flipped.
#include "harness/audit/journal_file.hpp"

#include <algorithm>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/audit/journal_segment.hpp"
#include "harness/audit/test_journal.hpp"

namespace cellmon::harness {
namespace {

using Item = TestJournal::Item;

Item item(std::uint8_t number, std::uint16_t kind = 1) {
    Id128 id;
    id.bytes.fill(number);
    return {id, fmt::format("{{\"n\":{}}}", number), kind};
}

class JournalFileTest : public testing::Test {
  protected:
    ~JournalFileTest() override { std::filesystem::remove_all(journal_.folder()); }

    /// What the reader visits, as text; empty and `error_` set when it refuses.
    std::string read() {
        std::string text;
        const auto result = read_journal(journal_.folder(),
                                         [&](const StoredEntry& entry) { text += line_of(entry); });
        error_ = result ? "" : result.error().message;
        return text;
    }

    /// The same of segments in memory, because a file for each of thousands of flips takes long.
    std::string scan(const std::vector<std::string>& segments) {
        std::string text;
        const Redactions none;
        JournalPosition position;
        position.journal_id.bytes.fill(7);
        error_ = "";
        for (std::size_t i = 0; i < segments.size() && error_.empty(); ++i) {
            SegmentScan one(segments[i], i + 1 == segments.size(), none, position);
            const auto result = one.run([&](const StoredEntry& entry) { text += line_of(entry); });
            if (!result) error_ = result.error().message;
        }
        return text;
    }

    static std::string line_of(const StoredEntry& entry) {
        return fmt::format("{} {} {} {} {}\n", entry.sequence, entry.id.to_string(), entry.kind,
                           entry.blanked, entry.payload);
    }

    TestJournal journal_{testing::TempDir() + "journal-" + std::to_string(getpid())};
    std::string error_;
};

TEST_F(JournalFileTest, ReadsSegmentsInOrder) {
    journal_.segment({{item(1), item(2)}, {item(3, 2)}}, true);
    journal_.segment({{item(4)}}, false);
    const std::string text = read();
    EXPECT_EQ(error_, "");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
    EXPECT_NE(text.find("3 03030303-0303-0303-0303-030303030303 2 false {\"n\":3}"),
              std::string::npos)
        << text;
}

TEST_F(JournalFileTest, EveryFlippedBitIsRefusedOrLeavesTheContentAsItWas) {
    journal_.segment({{item(1), item(2)}, {item(3)}}, true);
    journal_.segment({{item(4)}, {item(5)}}, true);
    std::vector<std::string> segments;
    for (const auto& name : journal_.names)
        segments.push_back(journal_.read(name));
    const std::string right = scan(segments);
    ASSERT_EQ(error_, "");
    ASSERT_EQ(right, read()) << "the folder reads as its segments do";
    std::size_t refused = 0;
    for (std::size_t segment = 0; segment < segments.size(); ++segment) {
        const std::string bytes = segments[segment];
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            segments[segment][bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            const std::string text = scan(segments);
            // Without its footer the last segment counts as unsealed; its records stand all the
            // same.
            const bool last_footer = segment + 1 == segments.size() && bit / 8 >= bytes.size() - 64;
            if (last_footer) {
                EXPECT_EQ(text, right) << "segment " << segment << " bit " << bit;
            } else {
                EXPECT_NE(error_, "") << "segment " << segment << " bit " << bit;
                ++refused;
            }
            segments[segment] = bytes;
        }
    }
    EXPECT_GT(refused, 3'000U);
}

TEST_F(JournalFileTest, ABadTailOfTheOpenSegmentEndsTheJournalWithoutWrongContent) {
    journal_.segment({{item(1), item(2)}, {item(3)}}, false);
    const std::string right = read();
    const std::string first_record = right.substr(0, right.find("3 0303"));
    const std::string bytes = journal_.read(journal_.names[0]);
    for (std::size_t bit = 64 * 8; bit < bytes.size() * 8; ++bit) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const std::string text = scan({flipped});
        if (error_.empty()) {
            EXPECT_TRUE(text == right || text == first_record) << bit;
        }
    }
    // A bad record with a valid one behind it is damage, not a torn end.
    std::string damaged = bytes;
    damaged[70] = static_cast<char>(damaged[70] ^ 1);
    journal_.write(journal_.names[0], damaged);
    read();
    EXPECT_NE(error_, "");
}

TEST_F(JournalFileTest, ABlankPayloadNeedsItsLineInTheRedactions) {
    journal_.segment({{item(1), item(2)}}, true);
    std::string bytes = journal_.read(journal_.names[0]);
    const auto payload = bytes.find("{\"n\":2}");
    bytes.replace(payload, 7, 7, '\0');
    journal_.write(journal_.names[0], bytes);
    read();
    EXPECT_NE(error_, "");
    journal_.write("redactions", TestJournal::with_crc("cellmon-redactions 1\n2 2\n"));
    EXPECT_NE(read().find("2 02020202-0202-0202-0202-020202020202 1 true"), std::string::npos)
        << error_;
}

TEST_F(JournalFileTest, ASegmentWithoutPayloadsHasEachEntryAndNoContent) {
    journal_.segment({{item(1), item(2)}, {item(3)}}, true, true);
    journal_.segment({{item(4)}}, false);
    std::vector<std::uint64_t> removed;
    const auto result = read_journal(journal_.folder(), [&](const StoredEntry& entry) {
        EXPECT_EQ(entry.removed, entry.payload.empty());
        if (entry.removed) removed.push_back(entry.sequence);
    });
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(removed, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(result->removed, 3U);
    EXPECT_EQ(result->last_sequence, 4U);
    // What says that it has payloads must have them.
    std::string bytes = journal_.read(journal_.names[0]);
    bytes[8] = 1;
    const std::uint32_t crc = crc32c(std::string_view(bytes).substr(0, 60));
    std::memcpy(bytes.data() + 60, &crc, sizeof(crc));
    journal_.write(journal_.names[0], bytes);
    read();
    EXPECT_NE(error_, "");
}

TEST_F(JournalFileTest, ADamagedIdentityOrAMissingSegmentIsRefused) {
    journal_.segment({{item(1)}}, true);
    journal_.segment({{item(2)}}, true);
    std::filesystem::remove(journal_.folder() + "/" + journal_.names[0]);
    read();
    EXPECT_NE(error_.find("must follow"), std::string::npos) << error_;
    journal_.write("identity", "cellmon-journal 1\n");
    read();
    EXPECT_NE(error_.find("identity"), std::string::npos);
}

TEST_F(JournalFileTest, BesideAWriterOnlyWhatIsDurableIsRead) {
    journal_.segment({{item(1), item(2)}, {item(3)}}, false);
    journal_.write("lock", "");
    const int lock = open((journal_.folder() + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
    const auto lines = [](const std::string& text) {
        return std::count(text.begin(), text.end(), '\n');
    };
    EXPECT_EQ(lines(read()), 0) << "nothing says what is durable";
    journal_.durable(2);
    EXPECT_EQ(lines(read()), 2) << error_;
    journal_.durable(3, 2);
    EXPECT_EQ(lines(read()), 0) << "of another epoch";
    journal_.durable(3);
    std::string torn = journal_.read("durable");
    torn[0] = 2;
    journal_.write("durable", torn);
    EXPECT_EQ(lines(read()), 0) << "its CRC is wrong";
    close(lock);
    EXPECT_EQ(lines(read()), 3) << "without a writer the segments speak for themselves";
}

TEST_F(JournalFileTest, WhatWasDurableAndIsGoneIsMissed) {
    journal_.segment({{item(1), item(2)}}, false);
    journal_.durable(2);
    read();
    EXPECT_EQ(error_, "");
    journal_.durable(3);
    read();
    EXPECT_NE(error_.find("but 3 is called durable"), std::string::npos) << error_;
}

}  // namespace
}  // namespace cellmon::harness
