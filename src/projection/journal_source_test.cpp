// Goal: nobody passes over what retention has removed by mistake, however often they ask; who says
// that they ask nothing of payloads gets every entry. Method: a real journal with a segment whose
// payloads were removed.
#include "projection/journal_source.hpp"

#include <gtest/gtest.h>

#include "journal/journal_testing.hpp"
#include "journal/removal.hpp"

namespace cellmon::projection {
namespace {

using journal::testing::Bench;

constexpr std::uint64_t kAllEntries = 40;

class JournalSourceTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto log = bench_.open();
        ASSERT_TRUE(log) << log.error().message;
        for (std::uint64_t i = 1; i <= kAllEntries; ++i) {
            ASSERT_TRUE(journal::testing::commit(
                **log, {{std::to_string(i), std::string(200, 'x') + std::to_string(i)}}));
        }
        id_ = (*log)->identity().journal_id;
        const auto sealed =
            journal::sealed_segments(*bench_.files, bench_.folder.path(), id_).value();
        ASSERT_FALSE(sealed.empty());
        ASSERT_TRUE(journal::remove_payloads(*bench_.files, bench_.folder.path(), id_, 1));
        kept_ = sealed.front().last_sequence + 1;
    }

    JournalSource source() {
        auto reader = journal::Reader::open(*bench_.files, bench_.folder.path(),
                                            journal::testing::everything);
        return {std::move(*reader), [] { return kAllEntries; },
                [](std::uint64_t, std::chrono::milliseconds, const std::stop_token&) {}};
    }

    Bench bench_;
    Id128 id_;
    std::uint64_t kept_ = 0;
};

TEST_F(JournalSourceTest, PassesOverNothingThatWasRemoved) {
    JournalSource source = this->source();
    ASSERT_TRUE(source.seek(source.beginning()));
    for (int i = 0; i < 100; ++i) {
        const auto entry = source.next();
        ASSERT_FALSE(entry) << "attempt " << i;
        EXPECT_EQ(entry.error().code, ErrorCode::needs_snapshot);
    }
    EXPECT_EQ(*source.first_kept(), kept_);
    EXPECT_FALSE(source.require_kept(kept_ - 1));
    EXPECT_TRUE(source.require_kept(kept_));
    ASSERT_TRUE(source.seek_sequence(kept_));
    const auto entry = source.next();
    ASSERT_TRUE(entry && *entry) << "behind it all is there";
    EXPECT_EQ((*entry)->header.sequence, kept_);
    EXPECT_FALSE((*entry)->payload.empty());
}

TEST_F(JournalSourceTest, HandsOutAllToWhoAsksNothingOfPayloads) {
    JournalSource source = this->source();
    ASSERT_TRUE(source.seek(source.beginning()));
    for (std::uint64_t sequence = 1; sequence <= kAllEntries; ++sequence) {
        const auto entry = source.next_or_removed();
        ASSERT_TRUE(entry && *entry);
        EXPECT_EQ((*entry)->header.sequence, sequence);
        EXPECT_EQ((*entry)->removed, sequence < kept_);
    }
}

TEST_F(JournalSourceTest, WhoKeepsTheNewestBeginsWithTheFirstThatIsThere) {
    JournalSource source = this->source();
    EXPECT_EQ(source.before_newest(kAllEntries)->sequence, kept_ - 1);
    EXPECT_EQ(source.before_newest(kAllEntries - 1)->sequence, kept_ - 1);
    EXPECT_EQ(source.before_newest(3)->sequence, kAllEntries - 3);
}

}  // namespace
}  // namespace cellmon::projection
