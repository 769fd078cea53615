// Goal: inspect, verify and export tell the truth about a journal, also beside a writer, and verify
// names the very place of each damage.
// Method: a journal of several small segments is written, bytes in its files are changed by hand.
#include "journal/inspect.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "journal/export_line.hpp"
#include "journal/journal_testing.hpp"
#include "journal/recovery.hpp"
#include "journal/segment_reader.hpp"
#include "journal/verify.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::read_bytes;
using testing::write_bytes;

constexpr std::uint64_t kThrees = 20;  // Of three entries each; segments of 2 KiB hold six.
constexpr std::uint64_t kEntries = 3 * kThrees;

/// A closed journal with sealed segments and an unsealed one.
struct Written : Bench {
    std::vector<std::uint64_t> firsts;

    Written() {
        limits.segment_bytes = 2048;
        limits.id_memory_entries = 50;
        auto log = open();
        EXPECT_TRUE(log);
        for (std::uint64_t i = 0; i < kThrees; ++i) {
            EXPECT_TRUE(commit(**log, {{fmt::format("{}a", i), R"({"code":"x = 1"})"},
                                       {fmt::format("{}b", i), R"({"code":"y = 2"})"},
                                       {fmt::format("{}c", i), R"({"code":"z = 3"})"}}));
            while (*(*log)->maintain()) {
            }
        }
        firsts = *list_segments(*files, folder.path());
        EXPECT_GE(firsts.size(), 3U);
    }

    [[nodiscard]] std::string path(std::size_t segment) const {
        return folder / segment_name(firsts[segment]);
    }
    void flip(std::size_t segment, std::size_t offset) const {
        testing::flip_bit(path(segment), offset);
    }
    [[nodiscard]] Damage damage() const {
        const auto verification = verify(*files, folder.path(), nullptr);
        EXPECT_TRUE(verification);
        EXPECT_TRUE(verification->damage);
        return verification->damage.value_or(Damage{});
    }
};

TEST(Inspect, ListsSegmentsIdsAndEnd) {
    const Written written;
    const auto inspection = inspect(*written.files, written.folder.path());
    ASSERT_TRUE(inspection);
    EXPECT_FALSE(inspection->writer_active);
    EXPECT_EQ(inspection->identity.epoch, 1U);
    EXPECT_EQ(inspection->durable_sequence, kEntries);
    ASSERT_EQ(inspection->segments.size(), written.firsts.size());
    std::uint64_t records = 0;
    std::uint64_t next = 1;
    for (const SegmentSummary& segment : inspection->segments) {
        EXPECT_EQ(segment.problem, "");
        EXPECT_EQ(segment.first_sequence, next);
        EXPECT_EQ(segment.sealed, &segment != &inspection->segments.back());
        records += segment.records;
        next = segment.last_sequence + 1;
    }
    EXPECT_EQ(records, kThrees);
    EXPECT_EQ(next, kEntries + 1);
    EXPECT_EQ(inspection->ids.problem, "");
    EXPECT_GT(inspection->ids.runs, 0U);
    EXPECT_EQ(inspection->ids.ids, inspection->ids.covered_sequence);
}

TEST(Inspect, GoesOnBehindAnUnreadableSegment) {
    const Written written;
    written.flip(1, 20);
    const auto inspection = inspect(*written.files, written.folder.path());
    ASSERT_TRUE(inspection);
    EXPECT_NE(inspection->segments[1].problem, "");
    EXPECT_EQ(inspection->durable_sequence, kEntries);
}

TEST(Inspect, NamesAFolderWithoutJournal) {
    const Bench bench;
    EXPECT_EQ(inspect(*bench.files, bench.folder.path()).error().code, ErrorCode::not_found);
    EXPECT_EQ(verify(*bench.files, bench.folder.path(), nullptr).error().code,
              ErrorCode::not_found);
}

TEST(Verify, CountsEverythingOfASoundJournal) {
    const Written written;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    const auto verification =
        verify(*written.files, written.folder.path(), [&](std::uint64_t at, std::uint64_t of) {
            EXPECT_GE(at, done);
            done = at;
            total = of;
        });
    ASSERT_TRUE(verification);
    EXPECT_FALSE(verification->damage);
    EXPECT_EQ(verification->entries, kEntries);
    EXPECT_EQ(verification->records, kThrees);
    EXPECT_EQ(verification->last_sequence, kEntries);
    EXPECT_EQ(verification->torn_bytes, 0U);
    EXPECT_GT(done, 0U);
    EXPECT_LE(done, total);
    const auto stored = testing::read_all(*written.files, written.folder.path());
    EXPECT_EQ(verification->chain, stored->back().chain);
}

TEST(Verify, LeavesToTheWriterWhatCameBehindTheVisible) {
    const Written written;
    const auto identity = read_identity(*written.files, written.folder.path());
    const auto redactions = Redactions::read(*written.files, written.folder.path());
    ASSERT_TRUE(identity && *identity && redactions);
    for (std::uint64_t visible = 3; visible <= kEntries; visible += 3) {
        const auto verification = verify(*written.files, written.folder.path(), **identity,
                                         *redactions, visible, nullptr);
        ASSERT_TRUE(verification);
        EXPECT_FALSE(verification->damage) << visible << ": " << verification->damage->what;
        EXPECT_EQ(verification->last_sequence, visible);
    }
}

TEST(Verify, TakesATornTailForNoDamage) {
    const Written written;
    std::string bytes = read_bytes(written.path(written.firsts.size() - 1));
    const auto inspection = inspect(*written.files, written.folder.path());
    bytes.replace(inspection->segments.back().used_bytes, 9, "CMG1 torn");
    write_bytes(written.path(written.firsts.size() - 1), bytes);
    const auto verification = verify(*written.files, written.folder.path(), nullptr);
    ASSERT_TRUE(verification);
    EXPECT_FALSE(verification->damage);
    EXPECT_EQ(verification->torn_bytes, 9U);
}

TEST(Verify, NamesThePayloadThatIsDamaged) {
    const Written written;
    // The first record's second payload: behind the segment header, the head and a payload of 16.
    const std::size_t payload = kSegmentHeaderBytes + record_head_bytes(3) + 16;
    written.flip(1, payload + 3);
    const Damage damage = written.damage();
    EXPECT_EQ(damage.path, written.path(1));
    EXPECT_EQ(damage.offset, payload);
    EXPECT_EQ(damage.sequence, written.firsts[1] + 1);
    EXPECT_EQ(damage.end.next_sequence, written.firsts[1]);
    EXPECT_EQ(damage.end.offset, kSegmentHeaderBytes);
    EXPECT_FALSE(damage.only_footer);
    EXPECT_NE(damage.what.find("payload"), std::string::npos);
}

TEST(Verify, NamesTheRecordThatIsDamaged) {
    const Written written;
    const std::size_t last = written.firsts.size() - 1;
    written.flip(last, kSegmentHeaderBytes + 20);
    const Damage damage = written.damage();
    EXPECT_EQ(damage.path, written.path(last));
    EXPECT_EQ(damage.offset, kSegmentHeaderBytes);
    EXPECT_EQ(damage.sequence, written.firsts[last]);
}

TEST(Verify, NamesADamagedHeaderAMissingSegmentAndABrokenFooter) {
    {
        const Written written;
        written.flip(1, 20);
        const Damage damage = written.damage();
        EXPECT_EQ(damage.path, written.path(1));
        EXPECT_EQ(damage.sequence, written.firsts[1]);
    }
    {
        const Written written;
        ASSERT_TRUE(written.files->remove(written.path(1)));
        const Damage damage = written.damage();
        EXPECT_EQ(damage.path, written.path(2));
        EXPECT_EQ(damage.sequence, written.firsts[1]);
    }
    {
        const Written written;
        const std::size_t size = read_bytes(written.path(1)).size();
        written.flip(1, size - 40);
        const Damage damage = written.damage();
        EXPECT_EQ(damage.path, written.path(1));
        EXPECT_EQ(damage.offset, size - kFooterBytes);
        EXPECT_TRUE(damage.only_footer);
    }
}

TEST(Verify, FindsEveryFlippedByteOfASealedSegment) {
    const Written written;
    const std::string sound = read_bytes(written.path(1));
    for (std::size_t at = 0; at < sound.size(); ++at) {
        std::string bytes = sound;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
        write_bytes(written.path(1), bytes);
        const auto verification = verify(*written.files, written.folder.path(), nullptr);
        const bool padding_or_seen = verification && verification->damage.has_value();
        if (padding_or_seen) continue;
        // Only the zeros between a record's payloads and its end carry no meaning.
        EXPECT_TRUE(verification);
        EXPECT_EQ(sound[at], '\0') << at;
    }
}

TEST(Verify, StopsAtTheDurableSequenceBesideAWriter) {
    Written written;
    auto log = written.open();
    ASSERT_TRUE(log);
    const std::uint64_t durable = kEntries - 3;
    written.call_durable(durable);
    const auto verification = verify(*written.files, written.folder.path(), nullptr);
    ASSERT_TRUE(verification);
    EXPECT_FALSE(verification->damage);
    EXPECT_EQ(verification->last_sequence, durable);
    const auto inspection = inspect(*written.files, written.folder.path());
    EXPECT_TRUE(inspection->writer_active);
    EXPECT_EQ(inspection->durable_sequence, durable);
    EXPECT_EQ(inspection->segments.back().last_sequence, durable);
}

TEST(Verify, MissesWhatAWriterCallsDurable) {
    Written written;
    auto log = written.open();
    written.call_durable(kEntries + 1);
    EXPECT_EQ(written.damage().sequence, kEntries + 1);
}

TEST(Verify, MissesWhatTheLastWriterCalledDurable) {
    Written written;
    const std::size_t last = written.firsts.size() - 1;
    const auto before = inspect(*written.files, written.folder.path());
    EXPECT_EQ(before->missing, 0U);
    const std::uint64_t used = before->segments.back().used_bytes;
    written.flip(last, used - 12);  // In the last payload.
    const Damage damage = written.damage();
    EXPECT_EQ(damage.path, written.path(last));
    EXPECT_EQ(damage.sequence, kEntries - 2);
    EXPECT_EQ(damage.missing, 3U);
    EXPECT_FALSE(damage.only_footer);
    EXPECT_NE(damage.what.find("3 acknowledged entries"), std::string::npos) << damage.what;
    // Inspecting looks at no payload, but at the heads of records.
    EXPECT_EQ(inspect(*written.files, written.folder.path())->missing, 0U);
    written.flip(last, used - 100);
    EXPECT_EQ(inspect(*written.files, written.folder.path())->missing, 3U);
}

std::string exported(std::string_view payload, EntryKind kind, bool redacted = false) {
    Entry entry;
    entry.header.sequence = 7;
    entry.header.received_us = 1'000'000;
    entry.header.kind = kind;
    entry.redacted = redacted;
    entry.payload = payload;
    std::string line;
    append_export_line(line, entry);
    return line;
}

TEST(ExportLine, PutsTheJournalsFieldsInFront) {
    const std::string front =
        R"({"sequence":7,"receivedTime":"1970-01-01T00:00:01.000000Z","kind":)";
    EXPECT_EQ(exported(R"({"a":1})", EntryKind::event), front + "\"event\",\"a\":1}\n");
    EXPECT_EQ(exported("{ }", EntryKind::server), front + "\"server\"}\n");
    EXPECT_EQ(exported("{\n\"a\":\r\n1}", EntryKind::event), front + "\"event\",\"a\":  1}\n");
    EXPECT_EQ(exported("[1]", EntryKind::quarantine), front + "\"quarantine\",\"payload\":[1]}\n");
    EXPECT_EQ(exported("", EntryKind::event, true), front + "\"event\",\"redacted\":true}\n");
    EXPECT_EQ(exported("{}", static_cast<EntryKind>(9)), front + "9}\n");
}

}  // namespace
}  // namespace cellmon::journal
