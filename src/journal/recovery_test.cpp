// Goal: opening cuts off what a crash may leave and nothing else; whatever cannot come from a crash
// is refused with a message that says where, and the files stay as they are.
// Method: a small journal is written, one file is changed by hand, the journal is opened again.
#include <cstring>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/faulty_file_system.hpp"
#include "journal/journal_testing.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::read_bytes;
using testing::write_bytes;

/// Three groups in one segment; where each record begins, and where the last one ends.
struct ThreeGroups {
    Bench bench;
    std::string path;
    std::string bytes;  // Of the segment.
    std::vector<std::size_t> offsets{kSegmentHeaderBytes};

    ThreeGroups() {
        bench.limits.id_memory_entries = 1000;
        auto log = bench.open();
        for (int i = 0; i < 3; ++i) {
            EXPECT_TRUE(commit(**log, {{fmt::format("{}a", i), "some text"},
                                       {fmt::format("{}b", i), "more of it"}}));
            offsets.push_back(offsets.back() + (*log)->last_record_bytes());
        }
        path = bench.folder / segment_name(1);
        bytes = read_bytes(path);
    }
};

TEST(Recovery, DropsATornLastRecordCutAtAnyByte) {
    ThreeGroups three;
    for (std::size_t cut = three.offsets[2]; cut < three.offsets[3]; ++cut) {
        for (const bool zeros : {false, true}) {
            std::string torn = three.bytes.substr(0, cut);
            if (zeros) torn.resize(three.bytes.size(), '\0');
            write_bytes(three.path, torn);
            three.bench.call_durable(4);
            auto log = three.bench.open();
            ASSERT_TRUE(log) << cut << ": " << log.error().message;
            // Cut inside the padding, the record is still whole if zeros follow.
            const bool whole = (*log)->end().sequence == 6;
            if (whole) {
                EXPECT_TRUE(zeros && cut + kRecordAlignment > three.offsets[3]) << cut;
                continue;
            }
            ASSERT_EQ((*log)->end().sequence, 4U) << cut;
            EXPECT_EQ((*log)->dropped_bytes() > 0, cut > three.offsets[2]) << cut;
            if (cut % 8 != 0) continue;
            const auto again = commit(**log, {{"2a", "some text"}, {"0a", "some text"}});
            ASSERT_TRUE(again);
            EXPECT_EQ((*again)[0].outcome, Outcome::stored);
            EXPECT_EQ((*again)[1].outcome, Outcome::duplicate);
        }
    }
    const auto stored = three.bench.stored();
    ASSERT_TRUE(stored) << stored.error().message;
}

TEST(Recovery, DropsALastRecordWithAnyDamagedByteThatWasNotAcknowledged) {
    ThreeGroups three;
    for (std::size_t at = three.offsets[2]; at < three.offsets[3]; at += 5) {
        std::string damaged = three.bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        write_bytes(three.path, damaged);
        three.bench.call_durable(4);
        const auto log = three.bench.open();
        ASSERT_TRUE(log) << at << ": " << log.error().message;
        const bool padding = at >= three.offsets[3] - kRecordAlignment;
        EXPECT_EQ((*log)->end().sequence, padding ? 6U : 4U) << at;
    }
}

TEST(Recovery, RefusesAnAcknowledgedLastRecordWithAnyDamagedByte) {
    ThreeGroups three;
    for (std::size_t at = three.offsets[2]; at < three.offsets[3] - kRecordAlignment; ++at) {
        std::string damaged = three.bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ (1U << (at % 8)));
        write_bytes(three.path, damaged);
        const auto log = three.bench.open();
        ASSERT_FALSE(log) << at;
        ASSERT_EQ(log.error().code, ErrorCode::corrupt);
        ASSERT_NE(log.error().message.find("2 acknowledged entries are missing"), std::string::npos)
            << log.error().message;
        ASSERT_EQ(read_bytes(three.path), damaged) << "a refused journal must not be changed";
    }
    write_bytes(three.path, three.bytes);
    EXPECT_TRUE(three.bench.open());
}

TEST(Recovery, RefusesAnAcknowledgedRecordThatIsCutOff) {
    ThreeGroups three;
    for (std::size_t cut = three.offsets[1]; cut < three.offsets[3] - kRecordAlignment; cut += 7) {
        write_bytes(three.path, three.bytes.substr(0, cut));
        ASSERT_EQ(three.bench.open().error().code, ErrorCode::corrupt) << cut;
    }
    std::filesystem::remove(three.path);
    const auto log = three.bench.open();
    ASSERT_FALSE(log);
    EXPECT_NE(log.error().message.find("6 acknowledged entries are missing"), std::string::npos)
        << log.error().message;
}

TEST(Recovery, BelievesNoTornMissingOrForeignDurableFile) {
    ThreeGroups three;
    const std::string path = three.bench.folder / kDurableFile;
    const std::string durable = read_bytes(path);
    ASSERT_EQ(durable.size(), kDurableMarkBytes);
    const std::string torn = three.bytes.substr(0, three.offsets[3] - 12);
    const auto opens = [&] {
        write_bytes(three.path, torn);
        const auto log = three.bench.open();
        return log && (*log)->end().sequence == 4;
    };
    for (std::size_t at = 0; at < durable.size(); ++at) {
        write_bytes(path, durable.substr(0, at));
        EXPECT_TRUE(opens()) << at;
        write_bytes(path, durable);
        testing::flip_bit(path, at, at % 8);
        EXPECT_TRUE(opens()) << at;
        write_bytes(path, durable.substr(0, at) + std::string(durable.size() - at, '\0'));
        EXPECT_TRUE(opens()) << at;
    }
    std::filesystem::remove(path);
    EXPECT_TRUE(opens());
    three.bench.call_durable(6, 2);
    EXPECT_TRUE(opens()) << "of another epoch";
    const DurableMark mark{Id128::from_text("another journal"), 1, 6};
    std::string foreign(kDurableMarkBytes, '\0');
    encode(mark, std::as_writable_bytes(std::span(foreign)));
    write_bytes(path, foreign);
    EXPECT_TRUE(opens()) << "of another journal";
    write_bytes(path, durable);
    EXPECT_FALSE(opens()) << "the way of this test must be able to fail";
}

TEST(Recovery, RefusesDamageWithAValidRecordBehindIt) {
    ThreeGroups three;
    std::string damaged = three.bytes;
    damaged[three.offsets[1] + 180] ^= 1;  // In the first payload.
    write_bytes(three.path, damaged);
    const auto log = three.bench.open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::corrupt);
    EXPECT_NE(log.error().message.find(fmt::format("offset {}", three.offsets[1])),
              std::string::npos)
        << log.error().message;
    EXPECT_NE(log.error().message.find(three.path), std::string::npos);
    EXPECT_NE(log.error().message.find("journal repair"), std::string::npos);
    EXPECT_EQ(read_bytes(three.path), damaged) << "a refused journal must not be changed";

    write_bytes(three.path, three.bytes);
    EXPECT_TRUE(three.bench.open());
}

TEST(Recovery, FindsARecordHoweverFarBehindTheDamage) {
    ThreeGroups three;
    const std::string first = three.bytes.substr(0, three.offsets[1]);
    const std::string third =
        three.bytes.substr(three.offsets[2], three.offsets[3] - three.offsets[2]);
    const std::size_t window = 256U << 10U;  // As much is read at once.
    for (const std::size_t gap : {8U, 32U, 64U, 72U, 800U, 16U << 10U}) {
        for (const std::size_t windows : {0U, 1U, 2U, 3U}) {
            for (const std::size_t less : {0U, 8U, 16U, 64U}) {
                const std::size_t behind = windows * window + gap - std::min(gap - 8, less);
                std::string damaged = first + std::string(behind, '\0');
                // Neither a magic without a record nor one where no record begins hides it.
                if (behind > 40) {
                    damaged.replace(first.size() + 16, 4, "CMG1");
                    damaged.replace(first.size() + 27, 4, "CMG1");
                }
                // At the end of the first window: the next ones begin in the middle of a place.
                if (windows > 1) damaged.replace(first.size() + window + 3, 4, "CMG1");
                damaged += third;
                write_bytes(three.path, damaged);
                const auto log = three.bench.open();
                ASSERT_FALSE(log) << behind;
                EXPECT_EQ(log.error().code, ErrorCode::corrupt);
                const std::string at = fmt::format("offset {}", first.size() + behind);
                EXPECT_NE(log.error().message.find(at), std::string::npos) << log.error().message;
            }
        }
    }
}

TEST(Recovery, ReadsOnceWhatOnlyLooksLikeRecords) {
    ThreeGroups three;
    std::string torn = three.bytes.substr(0, three.offsets[1]) + std::string(8, '\0');
    for (std::size_t i = 0; i < (1U << 20U); i += 8)
        torn += std::string("CMG1\0\0\0\0", 8);
    write_bytes(three.path, torn);
    three.bench.call_durable(2);
    io::FaultyFileSystem files(1);
    const std::string folder = three.bench.folder.path();
    ASSERT_TRUE(files.make_directories(folder));
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        const std::string path = file.path().string();
        ASSERT_TRUE(io::replace_file(files, path, read_bytes(path)));
    }
    files.fail_nth(io::Fault::failed_read, 100);  // Some ten are needed.
    const auto log =
        CommitLog::open(files, folder, three.bench.limits, three.bench.clock, three.bench.random);
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->end().sequence, 2U);
    EXPECT_GT((*log)->dropped_bytes(), 1U << 20U);
}

TEST(Recovery, RefusesADamagedSegmentHeader) {
    ThreeGroups three;
    std::string damaged = three.bytes;
    damaged[20] ^= 1;
    write_bytes(three.path, damaged);
    const auto log = three.bench.open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::corrupt);
}

TEST(Recovery, TellsANewerFormatFromDamage) {
    ThreeGroups three;
    std::string newer = three.bytes;
    newer[8] = 3;
    const std::uint32_t crc = crc32c(std::string_view(newer).substr(0, 60));
    std::memcpy(newer.data() + 60, &crc, sizeof(crc));
    write_bytes(three.path, newer);
    const auto log = three.bench.open();
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::newer_format);
    EXPECT_NE(log.error().message.find("version 3"), std::string::npos);
}

TEST(Recovery, RefusesSegmentsWithoutIdentityOrOfAnotherJournal) {
    ThreeGroups three;
    const std::string identity_path = three.bench.folder / kIdentityFile;
    const std::string identity = read_bytes(identity_path);
    std::filesystem::remove(identity_path);
    const auto missing = three.bench.open();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::corrupt);
    EXPECT_NE(missing.error().message.find("identity"), std::string::npos);

    std::string damaged = identity;
    damaged[25] ^= 1;
    write_bytes(identity_path, damaged);
    EXPECT_EQ(three.bench.open().error().code, ErrorCode::corrupt);

    ASSERT_TRUE(write_identity(*three.bench.files, three.bench.folder.path(),
                               {Id128::from_text("another journal"), 1}));
    EXPECT_EQ(three.bench.open().error().code, ErrorCode::corrupt);

    write_bytes(identity_path, identity);
    EXPECT_TRUE(three.bench.open());
}

TEST(Recovery, RefusesAMissingOrUnsealedSegmentInTheMiddle) {
    Bench bench;
    {
        auto log = bench.open();
        for (int i = 0; i < 40; ++i)
            ASSERT_TRUE(commit(**log, {{std::to_string(i), std::string(300, 'x')}}));
    }
    const auto firsts = list_segments(*bench.files, bench.folder.path());
    ASSERT_TRUE(firsts);
    ASSERT_GE(firsts->size(), 4U);
    const std::string path = bench.folder / segment_name((*firsts)[1]);
    const std::string bytes = read_bytes(path);

    write_bytes(path, bytes.substr(0, bytes.size() - kFooterBytes));
    const auto unsealed = bench.open();
    ASSERT_FALSE(unsealed);
    EXPECT_EQ(unsealed.error().code, ErrorCode::corrupt);
    EXPECT_NE(unsealed.error().message.find(path), std::string::npos);

    std::filesystem::remove(path);
    const auto missing = bench.open();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::corrupt);
    EXPECT_NE(missing.error().message.find(segment_name((*firsts)[2])), std::string::npos);
}

TEST(Recovery, RemovesWhatAnInterruptedOneLeft) {
    ThreeGroups three;
    write_bytes(three.path + ".recovering", "half a copy");
    write_bytes(three.bench.folder / kPreparedFile, "");
    write_bytes(three.bench.folder / "identity.tmp", "cell");
    write_bytes(three.bench.folder / "notes.txt", "of a person");
    const auto log = three.bench.open();
    ASSERT_TRUE(log);
    EXPECT_EQ((*log)->end().sequence, 6U);
    const auto names = three.bench.files->list(three.bench.folder.path());
    ASSERT_TRUE(names);
    EXPECT_EQ(*names, (std::vector<std::string>{segment_name(1), "durable", "identity", "lock",
                                                "notes.txt"}));
}

TEST(Recovery, ReplacesTheUnsealedSegmentByACopy) {
    ThreeGroups three;
    const auto before = std::filesystem::hard_link_count(three.path);
    std::filesystem::create_hard_link(three.path, three.bench.folder / "kept");
    ASSERT_TRUE(three.bench.open());
    EXPECT_EQ(std::filesystem::hard_link_count(three.path), before)
        << "the name must belong to another file than before";
    EXPECT_EQ(read_bytes(three.path).substr(0, three.offsets[3]),
              three.bytes.substr(0, three.offsets[3]));
}

}  // namespace
}  // namespace cellmon::journal
