// Goal: a reader begins exactly behind any cursor of this journal and refuses every other one; it
// follows a writer without missing or seeing anything too early.
// Method: journals of many small segments, read from each position; a reader beside a live journal.
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "journal/checked_text.hpp"
#include "journal/journal_testing.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::drain;
using testing::everything;
using testing::Message;
using testing::StoredEntry;

/// A journal of 60 entries in groups of three, over several segments.
struct Filled {
    Bench bench;
    std::vector<StoredEntry> stored;
    Cursor end;

    Filled() {
        auto log = bench.open();
        for (int i = 0; i < 20; ++i) {
            std::vector<Message> group;
            for (int j = 0; j < 3; ++j)
                group.push_back({fmt::format("{}.{}", i, j), std::string(100, 'x')});
            EXPECT_TRUE(commit(**log, group));
        }
        end = (*log)->end();
        EXPECT_GE((*log)->segments(), 3U);
        stored = *bench.stored();
    }

    Reader reader(VisibleThrough visible = everything) {
        return *Reader::open(*bench.files, bench.folder.path(), std::move(visible));
    }
    [[nodiscard]] Cursor cursor(std::uint64_t sequence) const {
        return {end.journal_id, end.epoch, sequence,
                sequence == 0 ? 0 : stored[sequence - 1].chain};
    }
};

TEST(Reader, ContinuesBehindEveryCursor) {
    Filled filled;
    for (std::uint64_t sequence = 0; sequence <= 60; ++sequence) {
        Reader reader = filled.reader();
        ASSERT_TRUE(reader.seek(filled.cursor(sequence))) << sequence;
        EXPECT_EQ(reader.cursor(), filled.cursor(sequence));
        const auto rest = drain(reader);
        ASSERT_TRUE(rest) << rest.error().message;
        ASSERT_EQ(rest->size(), 60 - sequence);
        if (!rest->empty()) {
            EXPECT_EQ(rest->front().header.sequence, sequence + 1);
        }
        EXPECT_EQ(reader.cursor(), filled.end);
    }
}

TEST(Reader, RefusesCursorsOfOtherHistories) {
    Filled filled;
    Reader reader = filled.reader();
    Cursor other_journal = filled.cursor(7);
    other_journal.journal_id = Id128::from_text("another");
    Cursor other_epoch = filled.cursor(7);
    ++other_epoch.epoch;
    Cursor other_chain = filled.cursor(7);
    other_chain.chain ^= 1;
    Cursor at_segment_start = filled.cursor(60);
    at_segment_start.chain ^= 1;
    Cursor ahead = filled.cursor(60);
    ahead.sequence = 61;
    Cursor far_ahead = ahead;
    far_ahead.sequence = 1'000'000;
    for (const Cursor& cursor :
         {other_journal, other_epoch, other_chain, at_segment_start, ahead, far_ahead}) {
        const auto sought = reader.seek(cursor);
        ASSERT_FALSE(sought) << cursor.sequence;
        EXPECT_EQ(sought.error().code, ErrorCode::mismatch) << sought.error().message;
    }
    Cursor any_beginning;
    any_beginning.journal_id = Id128::from_text("another");
    EXPECT_TRUE(reader.seek(any_beginning));
}

TEST(Reader, SaysWhenTheSuccessorWasRemoved) {
    Filled filled;
    std::filesystem::remove(filled.bench.folder / segment_name(1));
    Reader reader = filled.reader();
    const auto sought = reader.seek(filled.cursor(0));
    ASSERT_FALSE(sought);
    EXPECT_EQ(sought.error().code, ErrorCode::needs_snapshot);
    EXPECT_NE(sought.error().message.find("needs snapshot"), std::string::npos);
    EXPECT_TRUE(reader.seek(filled.cursor(60)));
}

TEST(Reader, ShowsNothingBeyondTheVisibleSequence) {
    Filled filled;
    std::uint64_t visible = 0;
    Reader reader = filled.reader([&] { return visible; });
    EXPECT_EQ(drain(reader)->size(), 0U);
    visible = 4;
    EXPECT_EQ(drain(reader)->size(), 4U);
    EXPECT_EQ(reader.seek(filled.cursor(5)).error().code, ErrorCode::mismatch);
    ASSERT_TRUE(reader.seek(filled.cursor(4)));
    visible = 60;
    EXPECT_EQ(drain(reader)->size(), 56U);
}

TEST(Reader, TellsDamageFromAnEndAndFromACursorAhead) {
    Filled filled;
    const std::string path = filled.bench.folder / segment_name(1);
    std::string bytes = testing::read_bytes(path);
    bytes[kSegmentHeaderBytes + 20] ^= 1;  // In the first record's header.
    testing::write_bytes(path, bytes);
    Reader reader = filled.reader();
    const auto read = drain(reader);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    EXPECT_NE(read.error().message.find(fmt::format("{} at offset 64", path)), std::string::npos)
        << read.error().message;
    const auto sought = reader.seek(filled.cursor(2));
    ASSERT_FALSE(sought);
    EXPECT_EQ(sought.error().code, ErrorCode::corrupt) << sought.error().message;
}

TEST(Reader, OutlivesARestartOfTheWriter) {
    Bench bench;
    std::uint64_t visible = 1;
    {
        auto log = bench.open();
        ASSERT_TRUE(commit(**log, {{"a", "1"}}));
    }
    Reader reader = *Reader::open(*bench.files, bench.folder.path(), [&] { return visible; });
    ASSERT_EQ(drain(reader)->size(), 1U);
    // Recovery puts a copy in the place of the file that the reader holds open.
    auto log = bench.open();
    ASSERT_TRUE(commit(**log, {{"b", "2"}}));
    visible = 2;
    const auto more = drain(reader);
    ASSERT_TRUE(more) << more.error().message;
    ASSERT_EQ(more->size(), 1U);
    EXPECT_EQ(more->front().payload, "2");
}

TEST(Reader, FollowsAWriter) {
    Bench bench;
    auto log = bench.open();
    ASSERT_TRUE(log);
    std::atomic<std::uint64_t> durable{0};
    constexpr std::uint64_t kRead = 150;
    std::jthread writer([&] {
        for (std::uint64_t i = 0; i < kRead; ++i) {
            const std::string number = std::to_string(i);
            ASSERT_TRUE(commit(**log, {{number, "first"}, {number + "b", std::string(i, 'y')}}));
            durable = (*log)->end().sequence;
        }
    });
    auto reader = Reader::open(*bench.files, bench.folder.path(), [&] { return durable.load(); });
    ASSERT_TRUE(reader);
    for (std::uint64_t sequence = 1; sequence <= kRead * 2;) {
        const auto entry = reader->next();
        ASSERT_TRUE(entry) << entry.error().message;
        if (!*entry) {
            std::this_thread::yield();
            continue;
        }
        ASSERT_EQ((*entry)->header.sequence, sequence);
        ASSERT_LE(sequence, durable.load());
        ++sequence;
    }
}

/// What this thread has read from files so far, in bytes: `rchar` of proc(5).
std::uint64_t bytes_read_by_this_thread() {
    std::ifstream counts("/proc/thread-self/io");
    std::string name;
    std::uint64_t bytes = 0;
    counts >> name >> bytes;
    EXPECT_EQ(name, "rchar:");
    return bytes;
}

TEST(Reader, FollowsAWriterWithoutReadingTheEmptyRestOfItsFile) {
    Bench bench;
    bench.limits.segment_bytes = 8U << 20U;
    auto log = bench.open();
    ASSERT_TRUE(log);
    ASSERT_TRUE(commit(**log, {{"0", "first"}}));
    auto reader = Reader::open(*bench.files, bench.folder.path(), everything);
    ASSERT_TRUE(reader);
    ASSERT_TRUE(*reader->next());

    const std::uint64_t before = bytes_read_by_this_thread();
    constexpr int kRead = 50;
    for (int i = 1; i <= kRead; ++i) {
        ASSERT_TRUE(commit(**log, {{std::to_string(i), std::string(400, 'x')}}));
        const auto entry = reader->next();
        ASSERT_TRUE(entry) << entry.error().message;
        ASSERT_TRUE(*entry);
    }
    EXPECT_LT((bytes_read_by_this_thread() - before) / kRead, 64U << 10U);
}

TEST(Reader, BesideAWriterBelievesTheDurableFileOnlyWhileTheLockIsHeld) {
    Bench bench;
    const auto visible = visible_beside_writer(*bench.files, bench.folder.path());
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        EXPECT_EQ(visible(), 0U);
        ASSERT_TRUE(commit(**log, {{"a", "1"}, {"b", "2"}, {"c", "3"}}));
        EXPECT_EQ(visible(), 3U);
        bench.call_durable(2);
        EXPECT_EQ(visible(), 2U);
    }
    EXPECT_EQ(visible(), everything());
    auto log = bench.open();
    EXPECT_EQ(visible(), 3U);
    bench.call_durable(7, 2);
    EXPECT_EQ(visible(), 0U) << "a number of another epoch must not be believed";
    bench.call_durable(7);
    testing::flip_bit(bench.folder / kDurableFile, 0);
    EXPECT_EQ(visible(), 0U) << "nor one whose checksum is wrong";
}

TEST(Reader, RefusesAFooterThatPromisesRecordsThatAreNotThere) {
    const auto read_with = [](const SegmentFooter& footer) {
        Bench bench;
        const SegmentHeader header{Id128::from_text("journal"), 1, 1, 0, 7};
        std::string bytes(kSegmentHeaderBytes + kFooterBytes, '\0');
        const auto all = std::as_writable_bytes(std::span(bytes));
        encode(header, all.first(kSegmentHeaderBytes));
        encode(footer, header.salt, all.subspan(kSegmentHeaderBytes));
        EXPECT_TRUE(write_identity(*bench.files, bench.folder.path(), {header.journal_id, 1}));
        testing::write_bytes(bench.folder / segment_name(1), bytes);
        return bench.stored();
    };
    const auto promised = read_with({1, 5, 0, kSegmentHeaderBytes, 1});
    ASSERT_FALSE(promised);
    EXPECT_EQ(promised.error().code, ErrorCode::corrupt);
    // Sealed without a record: the next segment would have the same name.
    const auto empty = read_with({1, 0, 0, kSegmentHeaderBytes, 0});
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->empty());
}

TEST(Redactions, AllowABlankedPayloadOnlyWhereTheListSaysSo) {
    Filled filled;
    const std::string path = filled.bench.folder / segment_name(1);
    std::string bytes = testing::read_bytes(path);
    // The second payload of the first record.
    const std::size_t payload_at = kSegmentHeaderBytes + record_head_bytes(3) + 100;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(payload_at), 100, '\0');
    testing::write_bytes(path, bytes);
    EXPECT_EQ(filled.bench.stored().error().code, ErrorCode::corrupt);

    const auto list = [&](std::string_view range) {
        testing::write_bytes(filled.bench.folder / kRedactionsFile,
                             with_checksum(fmt::format("cellmon-redactions 1\n{}\n", range)));
    };
    list("3 9");
    EXPECT_EQ(filled.bench.stored().error().code, ErrorCode::corrupt);
    list("2 2");
    const auto stored = filled.bench.stored();
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_EQ(stored->size(), 60U);
    EXPECT_TRUE((*stored)[1].redacted);
    EXPECT_EQ((*stored)[1].payload, "");
    EXPECT_EQ((*stored)[2].payload, std::string(100, 'x'));
    EXPECT_FALSE((*stored)[2].redacted);
    for (std::size_t i = 0; i < 60; ++i)
        EXPECT_EQ((*stored)[i].chain, filled.stored[i].chain);

    auto log = filled.bench.open();
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ(commit(**log, {{"0.1", std::string(100, 'x')}})->front().outcome, Outcome::duplicate);
}

TEST(Redactions, RefuseADamagedList) {
    Filled filled;
    for (const std::string& text :
         {std::string("cellmon-redactions 1\n1 2\ncrc32c 00000000\n"),
          with_checksum("cellmon-redactions 1\n5 2\n"), with_checksum("cellmon-redactions 1\nx\n"),
          std::string("short")}) {
        testing::write_bytes(filled.bench.folder / kRedactionsFile, text);
        EXPECT_EQ(filled.bench.stored().error().code, ErrorCode::corrupt) << text;
        EXPECT_EQ(filled.bench.open().error().code, ErrorCode::corrupt) << text;
    }
    testing::write_bytes(filled.bench.folder / kRedactionsFile,
                         with_checksum("cellmon-redactions 2\n"));
    EXPECT_EQ(filled.bench.open().error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace cellmon::journal
