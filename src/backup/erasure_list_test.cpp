// Goal: the list of who was erased comes whole beside the backups and back, whatever ends the
// copying and wherever two lists meet, and its keys are for nobody else's eyes. Method: a faulty
// file system that is cut off before each of its operations; the mode of a file as the system has
// it.
#include "backup/erasure_list.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "io/faulty_file_system.hpp"
#include "journal/checked_text.hpp"
#include "journal/journal_testing.hpp"

namespace cellmon::backup {
namespace {

constexpr const char* kListData = "/d/data";
constexpr const char* kListWhere = "/d/backups";

std::string tombstone_of(int number) {
    return journal::with_checksum(fmt::format("{}\nnumber {}\n", kTombstoneLine, number));
}

class ListWorld {
  public:
    explicit ListWorld(std::uint64_t seed) : files_(seed) {
        EXPECT_TRUE(files_.make_directories(erasures_of(kListData)));
        put(kListData, "key", "the key");
        for (int i = 0; i < 3; ++i)
            put(kListData, fmt::format("{}.done", i), tombstone_of(i));
        put(kListData, "9.pending", "taro@example.com");
    }

    void put(std::string_view folder, std::string_view name, std::string_view text) {
        ASSERT_TRUE(files_.make_directories(erasures_of(folder)));
        ASSERT_TRUE(io::replace_file(files_, path(folder, name), text));
    }

    /// Empty: it is not there.
    std::string text(std::string_view folder, std::string_view name) {
        return io::read_file(files_, path(folder, name)).value_or("");
    }

    std::vector<std::string> names(std::string_view folder) {
        auto all = files_.list(erasures_of(folder)).value_or(std::vector<std::string>());
        std::erase(all, "lock");
        return all;
    }

    Result<void> keep() { return keep_erasures(files_, kListData, kListWhere); }

    io::FaultyFileSystem& files() { return files_; }

  private:
    static std::string path(std::string_view folder, std::string_view name) {
        return fmt::format("{}/{}", erasures_of(folder), name);
    }

    io::FaultyFileSystem files_;
};

using Names = std::vector<std::string>;

TEST(ErasureList, IsAllBesideTheBackupsButNoRequest) {
    ListWorld world(1);
    EXPECT_FALSE(has_erasures(world.files(), kListWhere).value());
    ASSERT_TRUE(world.keep());
    EXPECT_TRUE(has_erasures(world.files(), kListWhere).value());
    EXPECT_EQ(world.names(kListWhere), (Names{"0.done", "1.done", "2.done", "key"}));
    EXPECT_EQ(world.text(kListWhere, "1.done"), tombstone_of(1));
    EXPECT_EQ(world.text(kListWhere, "key"), "the key");
    const auto written = world.files().operations();
    Names paths;
    ASSERT_TRUE(
        copy_erasures(world.files(), erasures_of(kListData), erasures_of(kListWhere), paths));
    EXPECT_EQ(paths, Names());
    EXPECT_EQ(world.files().operations(), written + 1)
        << "what is there is not written again; that it is there is made durable";
}

TEST(ErasureList, OfNobodyIsAList) {
    io::FaultyFileSystem files(2);
    ASSERT_TRUE(files.make_directories(kListWhere));
    ASSERT_TRUE(keep_erasures(files, kListData, kListWhere));
    EXPECT_TRUE(has_erasures(files, kListWhere).value());
    EXPECT_TRUE(keep_erasures(files, kListData, "/d/one.cellmon-backup"));
    EXPECT_FALSE(files.exists("/d/one.cellmon-backup/erasures").value());
}

TEST(ErasureList, SurvivesAnyEndAtAnyMoment) {
    using Restart = io::FaultyFileSystem::Restart;
    std::uint64_t cuts = 0;
    for (const Restart how : {Restart::process, Restart::machine}) {
        bool was_cut = true;
        for (std::uint64_t nth = 1; was_cut; ++nth) {
            SCOPED_TRACE(fmt::format("operation {}, {}", nth, static_cast<int>(how)));
            ListWorld world(nth);
            world.files().stop_at(nth);
            const bool done = world.keep().has_value();
            was_cut = world.files().stopped();
            EXPECT_NE(done, was_cut);
            world.files().restart(how);
            bool has_tombstone = false;
            for (const std::string& name : world.names(kListWhere)) {
                if (!name.ends_with(kTombstoneSuffix)) continue;
                has_tombstone = true;
                EXPECT_TRUE(
                    journal::checked_lines(world.text(kListWhere, name), kTombstoneLine, name));
            }
            if (has_tombstone) {
                EXPECT_EQ(world.text(kListWhere, "key"), "the key");
            }
            const auto again = world.keep();
            ASSERT_TRUE(again) << again.error().message;
            world.files().restart(Restart::machine);
            for (int i = 0; i < 3; ++i)
                EXPECT_EQ(world.text(kListWhere, fmt::format("{}.done", i)), tombstone_of(i));
            EXPECT_EQ(world.text(kListWhere, "key"), "the key");
            cuts += was_cut ? 1 : 0;
        }
    }
    EXPECT_GT(cuts, 20U);
}

TEST(ErasureList, TwoOfThemBecomeOne) {
    ListWorld world(3);
    world.put(kListWhere, "key", "another key");
    world.put(kListWhere, "7.done", tombstone_of(7));
    world.put(kListWhere, "1.done", tombstone_of(100));
    world.put(kListWhere, "2.done", "half a tomb");
    ASSERT_TRUE(world.keep());
    EXPECT_EQ(world.text(kListWhere, "key"), "another key");
    EXPECT_EQ(world.text(kListWhere, "key-2"), "the key");
    EXPECT_EQ(world.text(kListWhere, "7.done"), tombstone_of(7));
    EXPECT_EQ(world.text(kListWhere, "1.done"), tombstone_of(100)) << "what is whole stays";
    EXPECT_EQ(world.text(kListWhere, "2.done"), tombstone_of(2)) << "what is damaged does not";
    ASSERT_TRUE(world.keep());
    EXPECT_EQ(world.names(kListWhere),
              (Names{"0.done", "1.done", "2.done", "7.done", "key", "key-2"}));
}

TEST(ErasureList, NothingDamagedIsCopied) {
    ListWorld world(4);
    std::string hurt = tombstone_of(1);
    hurt[20] ^= 1;
    world.put(kListData, "1.done", hurt);
    const auto kept = world.keep();
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, ErrorCode::corrupt);
    EXPECT_NE(kept.error().message.find("1.done"), std::string::npos) << kept.error().message;
    EXPECT_EQ(world.names(kListWhere), (Names{"0.done", "2.done", "key"})) << "all others are";
}

TEST(ErasureList, OneCopiesAtATime) {
    ListWorld world(5);
    ASSERT_TRUE(world.files().make_directories(erasures_of(kListWhere)));
    {
        const auto other = world.files().lock(erasures_of(kListWhere) + "/lock");
        ASSERT_TRUE(other);
        const auto kept = world.keep();
        ASSERT_FALSE(kept);
        EXPECT_EQ(kept.error().code, ErrorCode::locked);
    }
    EXPECT_TRUE(world.keep());
}

TEST(ErasureList, ItsKeyIsForNobodyElse) {
    const journal::testing::TemporaryFolder folder;
    const auto files = io::make_posix_file_system();
    const std::string from = folder / "from";
    const std::string to = folder / "to";
    ASSERT_TRUE(files->make_directories(from));
    ASSERT_TRUE(io::replace_file(*files, from + "/key", "a key"));
    Names written;
    ASSERT_TRUE(copy_erasures(*files, from, to, written));
    EXPECT_EQ(written, Names{to + "/key"});
    struct stat facts{};
    ASSERT_EQ(::stat((to + "/key").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(ErasureList, IsFoundWhereSomebodySaysItIs) {
    ListWorld world(6);
    EXPECT_EQ(named_erasures(world.files(), kListData).value(), erasures_of(kListData));
    EXPECT_EQ(named_erasures(world.files(), erasures_of(kListData)).value(),
              erasures_of(kListData));
    ASSERT_TRUE(world.files().make_directories(kListWhere));
    const auto none = named_erasures(world.files(), kListWhere);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::invalid);
}

TEST(ErasureList, KnowsAKeyByItsName) {
    for (const char* const name : {"key", "key-2", "key-12"})
        EXPECT_TRUE(is_person_key(name)) << name;
    for (const char* const name :
         {"", "ke", "key-", "key2", "key.tmp", "key-2.tmp", "key-x", "1.done"})
        EXPECT_FALSE(is_person_key(name)) << name;
}

}  // namespace
}  // namespace cellmon::backup
