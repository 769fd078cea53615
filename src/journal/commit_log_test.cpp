// Goal: what a commit acknowledged is read back once, in order, with its payload, after any number
// of clean reopenings; resent and conflicting items are told apart.
// Method: the real file system in a folder of its own, segments of 4 KiB, so that many are made.
#include <gtest/gtest.h>

#include "journal/journal_testing.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::content_hash_of;
using testing::Message;

TEST(CommitLog, GivesBackWhatWasCommitted) {
    Bench bench;
    {
        auto log = bench.open();
        ASSERT_TRUE(log) << log.error().message;
        const auto entries = commit(**log, {{"a", "first"}, {"b", ""}, {"c", "third"}});
        ASSERT_TRUE(entries) << entries.error().message;
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ((*entries)[i].outcome, Outcome::stored);
            EXPECT_EQ((*entries)[i].sequence, i + 1);
        }
        EXPECT_EQ((*log)->end().sequence, 3U);
    }
    const auto stored = bench.stored();
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_EQ(stored->size(), 3U);
    EXPECT_EQ((*stored)[0].payload, "first");
    EXPECT_EQ((*stored)[1].payload, "");
    EXPECT_EQ((*stored)[2].payload, "third");
    EXPECT_EQ((*stored)[2].header.id, Id128::from_text("c"));
    EXPECT_EQ((*stored)[2].header.content_hash, content_hash_of("third"));
    EXPECT_EQ((*stored)[2].header.sequence, 3U);
    EXPECT_EQ((*stored)[2].header.kind, EntryKind::event);
}

TEST(CommitLog, GoesOnAfterEachReopening) {
    Bench bench;
    Cursor end;
    for (int round = 0; round < 40; ++round) {
        auto log = bench.open();
        ASSERT_TRUE(log) << log.error().message;
        if (round > 0) {
            EXPECT_EQ((*log)->end(), end);
        }
        const std::string text = "text of round " + std::to_string(round);
        const auto entries = commit(**log, {{"id " + std::to_string(round), text}});
        ASSERT_TRUE(entries) << entries.error().message;
        EXPECT_EQ(entries->front().sequence, static_cast<std::uint64_t>(round + 1));
        end = (*log)->end();
    }
    const auto stored = bench.stored();
    ASSERT_TRUE(stored);
    ASSERT_EQ(stored->size(), 40U);
    EXPECT_EQ(stored->back().chain, end.chain);
    EXPECT_EQ(stored->back().payload, "text of round 39");
}

TEST(CommitLog, TellsDuplicatesInTheSameGroupAndLaterAlsoAfterReopening) {
    Bench bench;
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        const auto entries = commit(**log, {{"a", "text"}, {"a", "text"}, {"b", "text"}});
        ASSERT_TRUE(entries);
        EXPECT_EQ((*entries)[0].outcome, Outcome::stored);
        EXPECT_EQ((*entries)[1].outcome, Outcome::duplicate);
        EXPECT_EQ((*entries)[1].sequence, 0U);
        EXPECT_EQ((*entries)[2].outcome, Outcome::stored);
        EXPECT_EQ((*entries)[2].sequence, 2U);
        EXPECT_EQ(commit(**log, {{"b", "text"}})->front().outcome, Outcome::duplicate);
    }
    auto log = bench.open();
    ASSERT_TRUE(log);
    EXPECT_EQ(commit(**log, {{"a", "text"}})->front().outcome, Outcome::duplicate);
    EXPECT_EQ((*log)->end().sequence, 2U);
    EXPECT_TRUE((*log)->stored().empty());
}

TEST(CommitLog, KeepsConflictingContentOnceInQuarantine) {
    Bench bench;
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        // Once across groups, once inside one group.
        ASSERT_TRUE(commit(**log, {{"a", "one"}}));
        const auto entries = commit(**log, {{"a", "two"}, {"a", "two"}, {"x", "1"}, {"x", "2"}});
        ASSERT_TRUE(entries);
        EXPECT_EQ((*entries)[0].outcome, Outcome::conflict);
        EXPECT_EQ((*entries)[0].sequence, 2U);
        EXPECT_EQ((*entries)[1].outcome, Outcome::conflict);
        EXPECT_EQ((*entries)[1].sequence, 0U);
        EXPECT_EQ((*entries)[2].outcome, Outcome::stored);
        EXPECT_EQ((*entries)[3].outcome, Outcome::conflict);
        EXPECT_EQ((*entries)[3].sequence, 4U);
    }
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        const auto again = commit(**log, {{"a", "two"}, {"a", "one"}});
        EXPECT_EQ((*again)[0].outcome, Outcome::conflict);
        EXPECT_EQ((*again)[0].sequence, 0U);
        EXPECT_EQ((*again)[1].outcome, Outcome::duplicate);
        EXPECT_EQ(commit(**log, {{"a", "three"}})->front().sequence, 5U);
    }
    const auto stored = bench.stored();
    ASSERT_TRUE(stored);
    ASSERT_EQ(stored->size(), 5U);
    EXPECT_EQ((*stored)[1].header.kind, EntryKind::quarantine);
    EXPECT_EQ((*stored)[1].header.id, quarantine_id(Id128::from_text("a"), content_hash_of("two")));
    EXPECT_EQ((*stored)[1].payload, "two");
    EXPECT_EQ((*stored)[4].header.kind, EntryKind::quarantine);
}

TEST(CommitLog, RollsOverManySegmentsAlsoWithRecordsLargerThanOne) {
    Bench bench;
    std::vector<std::string> sent;
    std::size_t segments = 0;
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        for (std::size_t i = 0; i < 120; ++i) {
            // Every tenth alone is larger than a segment.
            const std::size_t size = i % 10 == 7 ? 5000 + 13 * i : 100 + i;
            sent.emplace_back(size, static_cast<char>('a' + i % 26));
            ASSERT_TRUE(commit(**log, {{"id " + std::to_string(i), sent.back()}}));
            if (i % 7 == 0) {
                ASSERT_TRUE((*log)->maintain());
            }
        }
        segments = (*log)->segments();
    }
    EXPECT_GE(segments, 20U);
    EXPECT_EQ(list_segments(*bench.files, bench.folder.path())->size(), segments);
    const auto stored = bench.stored();
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_EQ(stored->size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ((*stored)[i].payload, sent[i]);
        EXPECT_EQ((*stored)[i].header.sequence, i + 1);
    }
    auto log = bench.open();
    ASSERT_TRUE(log) << log.error().message;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(commit(**log, {{"id " + std::to_string(i), sent[i]}})->front().outcome,
                  Outcome::duplicate);
    }
}

TEST(CommitLog, SealedSegmentsEndWithTheirFooter) {
    Bench bench;
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        for (int i = 0; i < 30; ++i)
            ASSERT_TRUE(commit(**log, {{std::to_string(i), std::string(300, 'x')}}));
    }
    const auto firsts = list_segments(*bench.files, bench.folder.path());
    ASSERT_TRUE(firsts);
    ASSERT_GE(firsts->size(), 3U);
    const auto identity = read_identity(*bench.files, bench.folder.path());
    for (std::size_t i = 0; i + 1 < firsts->size(); ++i) {
        auto segment = SegmentReader::open(*bench.files, bench.folder / segment_name((*firsts)[i]),
                                           (*identity)->journal_id);
        ASSERT_TRUE(segment);
        const auto footer = segment->footer();
        ASSERT_TRUE(footer);
        ASSERT_TRUE(*footer);
        EXPECT_EQ((*footer)->first_sequence, (*firsts)[i]);
        EXPECT_EQ((*footer)->last_sequence + 1, (*firsts)[i + 1]);
        EXPECT_EQ((*footer)->record_count, (*firsts)[i + 1] - (*firsts)[i]);
    }
}

TEST(CommitLog, RefusesASecondWriter) {
    Bench bench;
    auto first = bench.open();
    ASSERT_TRUE(first);
    const auto second = bench.open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::locked);
    first->reset();
    EXPECT_TRUE(bench.open());
}

TEST(CommitLog, ShowsWhatTheLastCommitWrote) {
    Bench bench;
    auto log = bench.open();
    ASSERT_TRUE(log);
    ASSERT_TRUE(commit(**log, {{"a", "1"}, {"a", "1"}, {"b", "2"}}));
    ASSERT_EQ((*log)->written().size(), 2U);
    EXPECT_EQ((*log)->written()[1].header.sequence, 2U);
    EXPECT_EQ((*log)->written()[1].chain, (*log)->end().chain);
    const auto stored = bench.stored();
    ASSERT_TRUE(stored);
    EXPECT_EQ((*stored)[0].chain, (*log)->written()[0].chain);
}

TEST(CommitLog, ASegmentThatIsOldTakesNoMore) {
    Bench bench;
    bench.limits.segment_bytes = 1U << 20U;
    const auto commit_some = [&](CommitLog& log, const char* prefix) {
        for (int i = 0; i < 10; ++i)
            ASSERT_TRUE(commit(log, {{prefix + std::to_string(i), "text"}}));
    };
    {
        auto log = bench.open();
        ASSERT_TRUE(log);
        commit_some(**log, "young");
        EXPECT_EQ((*log)->segments(), 1U) << "without a limit only size ends it";
    }
    // The clock moves by a microsecond with each look: the first segment is older than that.
    bench.limits.segment_age_us = 10;
    auto log = bench.open();
    ASSERT_TRUE(log);
    ASSERT_TRUE(commit(**log, {{"next", "text"}}));
    EXPECT_EQ((*log)->segments(), 2U) << "its age is known behind a start, too";
    ASSERT_TRUE(commit(**log, {{"after", "text"}}));
    EXPECT_EQ((*log)->segments(), 2U) << "the new one is young";
    commit_some(**log, "old");
    EXPECT_GT((*log)->segments(), 2U);
    const auto stored = bench.stored();
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(stored->size(), 22U);
}

}  // namespace
}  // namespace cellmon::journal
