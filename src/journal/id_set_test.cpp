// Goal: the id index knows every id it was given, through flushes, merges and reopenings, in little
// memory; when it is damaged it says so and is built again.
// Method: real files, tens of thousands of ids, damage by hand.
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include "journal/id_run.hpp"
#include "journal/journal_testing.hpp"

namespace cellmon::journal {
namespace {

using testing::Bench;
using testing::commit;
using testing::read_bytes;
using testing::write_bytes;

const Id128 kJournal = Id128::from_text("journal");

IdEntry entry(std::uint64_t number) {
    return {Id128::from_text("id " + std::to_string(number)), number * 7};
}

Cursor cursor(std::uint64_t sequence) {
    return {kJournal, 1, sequence, sequence * 3};
}

/// Runs `on_create` once, when the next file is created; else the files of the disk.
class WatchedFiles final : public io::FileSystem {
  public:
    std::function<void()> on_create;

    Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
        if (mode == io::OpenMode::create && on_create) std::exchange(on_create, nullptr)();
        return files_->open(path, mode);
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        return files_->rename(from, to);
    }
    Result<void> remove(const std::string& path) override { return files_->remove(path); }
    Result<void> make_directories(const std::string& path) override {
        return files_->make_directories(path);
    }
    Result<void> sync_directory(const std::string& path) override {
        return files_->sync_directory(path);
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        return files_->list(path);
    }
    Result<bool> exists(const std::string& path) override { return files_->exists(path); }
    Result<std::uint64_t> free_bytes(const std::string& path) override {
        return files_->free_bytes(path);
    }
    Result<std::unique_ptr<io::FileLock>> lock(const std::string& path) override {
        return files_->lock(path);
    }
    Result<bool> is_locked(const std::string& path) override { return files_->is_locked(path); }

  private:
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
};

struct Ids {
    testing::TemporaryFolder folder;
    std::unique_ptr<WatchedFiles> files = std::make_unique<WatchedFiles>();
    std::unique_ptr<IdSet> set;

    Ids() { reopen(); }
    void reopen() {
        set.reset();
        set = std::move(*IdSet::open(*files, folder.path(), kJournal, 1, 1000));
    }
    void insert(std::uint64_t from, std::uint64_t to) {
        for (std::uint64_t i = from; i < to; ++i) {
            set->insert(entry(i), hash_of(entry(i).id));
            set->freeze_if_full(cursor(i + 1));
            while (*set->maintain()) {
            }
        }
    }
    std::optional<std::uint64_t> find(std::uint64_t number) {
        const Id128 id = entry(number).id;
        const auto found = set->find(id, hash_of(id));
        EXPECT_TRUE(found);
        return found ? *found : std::nullopt;
    }
};

TEST(IdSet, FindsEveryIdThroughFlushesMergesAndReopenings) {
    Ids ids;
    ids.insert(0, 40'500);
    EXPECT_LE(ids.set->run_count(), IdSet::kMaxRuns);
    EXPECT_EQ(ids.set->size(), 40'500U);
    for (std::uint64_t i = 0; i < 40'500; ++i)
        ASSERT_EQ(ids.find(i), i * 7) << i;
    for (std::uint64_t i = 50'000; i < 60'000; ++i)
        ASSERT_EQ(ids.find(i), std::nullopt) << i;

    ids.reopen();
    EXPECT_EQ(ids.set->covered(), cursor(40'000));
    for (std::uint64_t i = 0; i < 40'500; ++i)
        ASSERT_EQ(ids.find(i).has_value(), i < 40'000) << i;
}

TEST(IdSet, WritesWaitingIdsInTheMiddleOfAMerge) {
    Ids ids;
    ids.insert(0, 1000);
    for (std::uint64_t i = 1000; i < 2000; ++i)
        ids.set->insert(entry(i), hash_of(entry(i).id));
    ids.set->freeze_if_full(cursor(2000));
    ASSERT_TRUE(*ids.set->maintain());
    ASSERT_EQ(ids.set->run_count(), 2U);
    bool filled = false;
    ids.files->on_create = [&] {
        for (std::uint64_t i = 2000; i < 3000; ++i)
            ids.set->insert(entry(i), hash_of(entry(i).id));
        ids.set->freeze_if_full(cursor(3000));
        filled = true;
    };
    ASSERT_TRUE(*ids.set->maintain());
    ASSERT_TRUE(filled);
    EXPECT_EQ(ids.set->run_count(), 2U) << "the merged run and the one written meanwhile";
    ids.reopen();
    EXPECT_EQ(ids.set->covered(), cursor(3000));
    for (std::uint64_t i = 0; i < 3000; ++i)
        ASSERT_EQ(ids.find(i), i * 7) << i;
}

TEST(IdSet, KeepsTheAllZeroId) {
    Ids ids;
    ids.set->insert({Id128{}, 5}, hash_of(Id128{}));
    EXPECT_EQ(**ids.set->find(Id128{}, hash_of(Id128{})), 5U);
    ids.insert(0, 999);
    EXPECT_EQ(ids.set->run_count(), 1U);
    EXPECT_EQ(**ids.set->find(Id128{}, hash_of(Id128{})), 5U);
}

TEST(IdSet, ForgetsAnIndexOfAnotherHistory) {
    Ids ids;
    ids.insert(0, 2000);
    ids.set = std::move(*IdSet::open(*ids.files, ids.folder.path(), kJournal, 2, 1000));
    EXPECT_EQ(ids.set->covered().sequence, 0U);
    EXPECT_EQ(ids.set->size(), 0U);
    EXPECT_TRUE(ids.files->list(ids.folder.path())->empty());
}

TEST(IdSet, IsEmptyWhenManifestOrRunHeaderIsDamaged) {
    for (const bool manifest : {true, false}) {
        Ids ids;
        ids.insert(0, 1000);
        const std::string path =
            ids.folder / (manifest ? "ids.manifest" : ids.files->list(ids.folder.path())->front());
        std::string bytes = read_bytes(path);
        bytes[30] ^= 1;
        write_bytes(path, bytes);
        ids.reopen();
        EXPECT_EQ(ids.set->covered().sequence, 0U) << path;
    }
}

TEST(IdSet, DoesNotTakeAnotherRunOfTheSameName) {
    Ids ids;
    ids.insert(0, 1000);
    const std::string manifest = read_bytes(ids.folder / "ids.manifest");
    ASSERT_TRUE(ids.set->clear());
    ids.reopen();
    ids.insert(5000, 6000);
    // A power failure brings the old manifest back.
    write_bytes(ids.folder / "ids.manifest", manifest);
    ids.reopen();
    EXPECT_EQ(ids.set->covered().sequence, 0U);
}

TEST(IdSet, AJournalRebuildsADamagedIndex) {
    Bench bench;
    {
        auto log = bench.open();
        for (int i = 0; i < 100; ++i) {
            ASSERT_TRUE(commit(**log, {{std::to_string(i), "text"}}));
            ASSERT_TRUE((*log)->maintain());
        }
        while (*(*log)->maintain()) {
        }
    }
    // The entries of every run, behind headers that stay right: found out at a lookup only.
    const auto names = bench.files->list(bench.folder.path());
    ASSERT_TRUE(names);
    for (const std::string& name : *names) {
        if (!name.ends_with(".run")) continue;
        std::string bytes = read_bytes(bench.folder / name);
        bytes[4096 + 100] ^= 1;
        write_bytes(bench.folder / name, bytes);
    }
    {
        auto log = bench.open();
        ASSERT_TRUE(log) << log.error().message;
        const auto committed = commit(**log, {{"0", "text"}});
        ASSERT_FALSE(committed);
        EXPECT_EQ(committed.error().code, ErrorCode::corrupt);
        EXPECT_TRUE((*log)->poisoned());
    }
    auto log = bench.open();
    ASSERT_TRUE(log) << log.error().message;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(commit(**log, {{std::to_string(i), "text"}})->front().outcome,
                  Outcome::duplicate);
    }
}

TEST(IdFilter, HasFewFalsePositivesAndNoFalseNegatives) {
    constexpr std::uint64_t kKeys = 200'000;
    IdFilter filter(kKeys);
    for (std::uint64_t i = 0; i < kKeys; ++i)
        filter.insert(hash_of(entry(i).id));
    for (std::uint64_t i = 0; i < kKeys; ++i)
        ASSERT_TRUE(filter.may_contain(hash_of(entry(i).id)));
    std::uint64_t wrong = 0;
    for (std::uint64_t i = kKeys; i < 2 * kKeys; ++i)
        wrong += filter.may_contain(hash_of(entry(i).id)) ? 1 : 0;
    EXPECT_LE(static_cast<double>(wrong) / kKeys, 0.002);
    EXPECT_GT(wrong, 0U) << "a filter without any false positive was not filled";
    // With the eight bytes that the sparse index keeps for each block of 170 ids.
    const double index_bytes = 8.0 / 170;
    EXPECT_LE(static_cast<double>(filter.bytes().size()) / kKeys + index_bytes, 2.5);
}

TEST(IdRun, FindsIdsThatShareTheirFirstEightBytes) {
    testing::TemporaryFolder folder;
    const auto files = io::make_posix_file_system();
    const auto same_prefix = [](std::uint32_t number) {
        Id128 id = Id128::from_text("prefix");
        for (std::size_t i = 0; i < 4; ++i)
            id.bytes[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
        return id;
    };
    auto writer = IdRunWriter::create(*files, folder / "ids.run", 1000);
    ASSERT_TRUE(writer);
    for (std::uint32_t i = 0; i < 1000; ++i)
        ASSERT_TRUE(writer->add({same_prefix(i * 2), i}));
    ASSERT_TRUE(writer->finish());
    const auto run = IdRun::open(*files, folder / "ids.run");
    ASSERT_TRUE(run);
    EXPECT_EQ((*run)->count(), 1000U);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        EXPECT_EQ((**(*run)->find(same_prefix(i * 2))).content_hash, i);
        EXPECT_EQ(*(*run)->find(same_prefix(i * 2 + 1)), std::nullopt);
    }
}

}  // namespace
}  // namespace cellmon::journal
