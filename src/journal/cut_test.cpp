// Goal: a journal that is cut behind any of its entries holds exactly those before, with the chain
// they always had, and goes on. Method: records of one to several entries in several small
// segments, cut at every sequence.
#include "journal/cut.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "journal/journal_testing.hpp"
#include "journal/verify.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::Message;

constexpr std::uint64_t kGroupsOfCut = 24;

TEST(Cut, AtEverySequence) {
    Bench whole;
    std::uint64_t entries = 0;
    {
        auto log = whole.open();
        for (std::uint64_t group = 0; group < kGroupsOfCut; ++group) {
            std::vector<Message> messages;
            for (std::uint64_t i = 0; i <= group % 4; ++i) {
                messages.push_back({fmt::format("{}-{}", group, i), std::string(300 + i, 'x')});
                ++entries;
            }
            ASSERT_TRUE(commit(**log, messages));
        }
    }
    const auto before = *whole.stored();
    ASSERT_EQ(before.size(), entries);
    for (std::uint64_t sequence = 1; sequence <= entries; ++sequence) {
        Bench copy;
        for (const auto& file : std::filesystem::directory_iterator(whole.folder.path())) {
            const std::string name = file.path().filename().string();
            if (name.starts_with("ids.") || name == kDurableFile) continue;
            std::filesystem::copy(file.path(), copy.folder / name);
        }
        const auto identity = *read_identity(*copy.files, copy.folder.path());
        const auto end = cut_behind(*copy.files, copy.folder.path(), *identity, {}, sequence);
        ASSERT_TRUE(end) << sequence << ": " << end.error().message;
        EXPECT_EQ(end->chain, before[sequence - 1].chain) << sequence;
        const auto verified = verify(*copy.files, copy.folder.path(), nullptr);
        ASSERT_TRUE(verified && !verified->damage) << sequence;
        EXPECT_EQ(verified->last_sequence, sequence);
        EXPECT_EQ(verified->chain, end->chain);
        const auto left = *copy.stored();
        ASSERT_EQ(left.size(), sequence);
        EXPECT_EQ(left.back().payload, before[sequence - 1].payload);
        // It goes on behind it, and knows what it holds.
        auto log = copy.open();
        ASSERT_TRUE(log) << log.error().message;
        const auto again = commit(**log, {{"0-0", std::string(300, 'x')}, {"new", "text"}});
        ASSERT_TRUE(again);
        EXPECT_EQ((*again)[0].outcome, Outcome::duplicate);
        EXPECT_EQ((*again)[1].sequence, sequence + 1);
    }
}

TEST(Cut, RefusesASequenceThatIsNotThere) {
    Bench journal;
    {
        auto log = journal.open();
        ASSERT_TRUE(commit(**log, {{"a", "b"}}));
    }
    const auto identity = *read_identity(*journal.files, journal.folder.path());
    EXPECT_FALSE(cut_behind(*journal.files, journal.folder.path(), *identity, {}, 2));
}

}  // namespace
}  // namespace cellmon::journal
