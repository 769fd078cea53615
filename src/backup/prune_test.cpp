// Goal: backups go by their number, their age and their size together, the newest whole one never,
// and nothing that another one needs goes with them, whatever ends the work in the middle. Method:
// folders in memory on a disk that is cut off before each of its operations; time is a number; what
// lies there is added up here.
#include "backup/prune.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backup/erasure_list.hpp"
#include "backup/place.hpp"
#include "io/faulty_file_system.hpp"

namespace cellmon::backup {
namespace {

constexpr const char* kPruneWhere = "/d/backups";
constexpr TimeUs kPruneNow = 1'800'000'000'000'000;
constexpr std::size_t kPrunePartBytes = 5'000;

using BackupNames = std::vector<std::string>;

KeepRules most_backups(std::uint64_t backups) {
    return {backups, 0, 0};
}
KeepRules most_days(std::uint64_t days) {
    return {0, days, 0};
}
KeepRules most_bytes(std::uint64_t bytes) {
    return {0, 0, bytes};
}

/// A folder of backups; two that were filled in the same way are the same to the byte.
class PruneWorld {
  public:
    explicit PruneWorld(std::uint64_t seed = 1) : files_(seed) {}

    /// One that took a minute and was finished so many days ago, with rows of its own and these
    /// segments: those that are there are shared.
    void back_up(const std::string& id, std::int64_t days_ago, const BackupNames& segments) {
        auto writer = open_writer(files_, kPruneWhere, "", random_).value();
        Manifest manifest;
        manifest.id = id;
        manifest.finished_us = kPruneNow - days_ago * kDayUs;
        manifest.started_us = manifest.finished_us - kMinuteUs;
        for (const std::string& name : segments) {
            auto part = writer->earlier(name);
            if (!part) part = add_noise(*writer, name);
            part->first = part->last = manifest.parts.size() + 1;
            part->sealed = true;
            manifest.parts.push_back(*part);
        }
        manifest.parts.push_back(add_noise(*writer, id + "-classroom"));
        ASSERT_TRUE(writer->commit(manifest));
    }

    Result<Pruned> prune_by(const KeepRules& rules, TimeUs now_us = kPruneNow) {
        return prune(files_, kPruneWhere, rules, now_us);
    }

    BackupNames removed_by(const KeepRules& rules, TimeUs now_us = kPruneNow) {
        const auto pruned = prune_by(rules, now_us);
        EXPECT_TRUE(pruned) << pruned.error().message;
        return pruned ? pruned->removed : BackupNames{"nothing: it failed"};
    }

    /// Of those that are there and have all their parts, every byte of them.
    BackupNames whole() {
        BackupNames names;
        const auto found = find_backups(files_, kPruneWhere).value();
        EXPECT_TRUE(found.problems.empty());
        for (const FoundBackup& backup : found.backups) {
            if (std::ranges::all_of(backup.manifest.parts, [&](const PartEntry& part) {
                    return check_part(files_, stored_part(kPruneWhere, part)).has_value();
                })) {
                names.push_back(backup.manifest.id);
            }
        }
        return names;
    }

    BackupNames listed() {
        BackupNames names;
        const auto found = find_backups(files_, kPruneWhere);
        for (const FoundBackup& backup : found->backups)
            names.push_back(backup.manifest.id);
        return names;
    }

    BackupNames file_names() { return files_.list(kPruneWhere).value(); }

    /// Of parts and manifests.
    std::uint64_t bytes_on_disk() {
        std::uint64_t bytes = 0;
        for (const std::string& name : file_names()) {
            if (!name.ends_with(kPartSuffix) && !name.ends_with(kManifestSuffix)) continue;
            bytes += files_.open(path(name), io::OpenMode::read).value()->size().value();
        }
        return bytes;
    }

    void put(std::string_view name, std::string_view text) {
        ASSERT_TRUE(files_.make_directories(io::directory_of(path(name))));
        ASSERT_TRUE(io::replace_file(files_, path(name), text));
    }
    void lose(std::string_view name) { ASSERT_TRUE(files_.remove(path(name))); }
    bool has(std::string_view name) { return files_.exists(path(name)).value(); }

    io::FaultyFileSystem& files() { return files_; }

  private:
    static std::string path(std::string_view name) {
        return fmt::format("{}/{}", kPruneWhere, name);
    }

    PartEntry add_noise(BackupWriter& writer, const std::string& name) {
        std::string noise(kPrunePartBytes, '\0');
        random_.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
        return writer.add(name, [&](PartWriter& into) { return into.write(noise); }).value();
    }

    io::FaultyFileSystem files_;
    SeededRandom random_{7};
};

/// Three that share segments: 50, 40 and 3 days old.
void fill_with_three(PruneWorld& world) {
    world.back_up("a", 50, {"s1"});
    world.back_up("b", 40, {"s1", "s2"});
    world.back_up("c", 3, {"s1", "s2", "s3"});
}

/// What those take that are left when so many of the three stay.
std::uint64_t bytes_of_newest(std::uint64_t count) {
    PruneWorld world;
    fill_with_three(world);
    world.removed_by(most_backups(count));
    return world.bytes_on_disk();
}

TEST(Prune, KeepsEverythingUnlessTold) {
    PruneWorld world;
    fill_with_three(world);
    const auto before = world.file_names();
    const Pruned pruned = world.prune_by({}).value();
    EXPECT_EQ(pruned.removed, BackupNames());
    EXPECT_EQ(reasons_of(pruned), "");
    EXPECT_EQ(pruned.freed_bytes + pruned.too_large_bytes, 0U);
    EXPECT_EQ(world.file_names(), before);
}

TEST(Prune, KeepsSoManyOfTheNewest) {
    PruneWorld world;
    fill_with_three(world);
    const std::uint64_t before = world.bytes_on_disk();
    EXPECT_EQ(world.removed_by(most_backups(3)), BackupNames());
    const Pruned pruned = world.prune_by(most_backups(1)).value();
    EXPECT_EQ(pruned.removed, (BackupNames{"a", "b"}));
    EXPECT_EQ(reasons_of(pruned), "2 by number");
    EXPECT_EQ(pruned.freed_bytes, before - world.bytes_on_disk());
    EXPECT_EQ(world.whole(), BackupNames{"c"});
    EXPECT_TRUE(world.has("s1.part")) << "it has that one, too";
    EXPECT_FALSE(world.has("a-classroom.part"));
}

TEST(Prune, TakesWhatIsOldToTheMoment) {
    PruneWorld world;
    fill_with_three(world);
    // A clock that was set back.
    EXPECT_EQ(world.removed_by(most_days(40), kPruneNow - 100 * kDayUs), BackupNames());
    // Each was begun a minute earlier; what counts is when it was finished.
    EXPECT_EQ(world.removed_by(most_days(40), kPruneNow - 1), BackupNames{"a"});
    const Pruned pruned = world.prune_by(most_days(40)).value();
    EXPECT_EQ(pruned.removed, BackupNames{"b"});
    EXPECT_EQ(reasons_of(pruned), "1 by age");
    EXPECT_EQ(world.whole(), BackupNames{"c"});
}

TEST(Prune, TakesTheOldestUntilTheRestFits) {
    const std::uint64_t two = bytes_of_newest(2);
    {
        PruneWorld world;
        fill_with_three(world);
        EXPECT_EQ(world.removed_by(most_bytes(world.bytes_on_disk())), BackupNames());
        const Pruned pruned = world.prune_by(most_bytes(two)).value();
        EXPECT_EQ(pruned.removed, BackupNames{"a"}) << "what the others share counts once";
        EXPECT_EQ(reasons_of(pruned), "1 by size");
        EXPECT_EQ(pruned.too_large_bytes, 0U);
        EXPECT_EQ(world.bytes_on_disk(), two);
        EXPECT_EQ(world.whole(), (BackupNames{"b", "c"}));
    }
    PruneWorld world;
    fill_with_three(world);
    EXPECT_EQ(world.removed_by(most_bytes(two - 1)), (BackupNames{"a", "b"}));
    EXPECT_EQ(world.bytes_on_disk(), bytes_of_newest(1));
}

TEST(Prune, ByAllRulesTogether) {
    const auto fill = [](PruneWorld& world) {
        world.back_up("a", 90, {"s1"});
        world.back_up("b", 80, {"s1"});
        world.back_up("c", 20, {"s1", "s2"});
        world.back_up("d", 10, {"s1", "s2"});
        world.back_up("e", 2, {"s1", "s2"});
        world.back_up("f", 1, {"s1", "s2", "s3"});
    };
    PruneWorld other;
    fill(other);
    other.removed_by(most_backups(2));
    PruneWorld world;
    fill(world);
    const Pruned pruned = world.prune_by({5, 30, other.bytes_on_disk()}).value();
    EXPECT_EQ(pruned.removed, (BackupNames{"a", "b", "c", "d"}));
    EXPECT_EQ(reasons_of(pruned), "1 by number, 1 by age, 2 by size");
    EXPECT_EQ(world.whole(), (BackupNames{"e", "f"}));
}

TEST(Prune, TheNewestStaysHoweverOldAndLarge) {
    const std::uint64_t one = bytes_of_newest(1);
    PruneWorld world;
    fill_with_three(world);
    const TimeUs later_us = kPruneNow + 1'000 * kDayUs;
    Pruned pruned = world.prune_by({1, 1, one - 1}, later_us).value();
    EXPECT_EQ(pruned.removed, (BackupNames{"a", "b"}));
    EXPECT_EQ(pruned.too_large_bytes, one);
    EXPECT_EQ(world.whole(), BackupNames{"c"});
    pruned = world.prune_by({1, 1, one - 1}, later_us).value();
    EXPECT_EQ(pruned.removed, BackupNames());
    EXPECT_EQ(pruned.too_large_bytes, one);
    EXPECT_EQ(world.prune_by(most_bytes(one)).value().too_large_bytes, 0U) << "it fits";
    world.back_up("d", 0, {"s1"});
    EXPECT_EQ(world.removed_by({1, 1, one}), BackupNames{"c"}) << "until there is another one";
}

TEST(Prune, TheNewestWholeOneStaysBesideOneThatLacksAPart) {
    PruneWorld world;
    fill_with_three(world);
    world.lose("c-classroom.part");
    EXPECT_EQ(world.removed_by(most_backups(1)), BackupNames{"a"});
    EXPECT_EQ(world.listed(), (BackupNames{"b", "c"}));
    EXPECT_EQ(world.removed_by(most_days(1)), BackupNames{"c"});
    EXPECT_EQ(world.whole(), BackupNames{"b"});
    // One that is shorter than it should be.
    world.back_up("d", 2, {"s1"});
    world.put("d-classroom.part", "short");
    EXPECT_EQ(world.removed_by({1, 1, 1}), BackupNames{"d"});
    EXPECT_EQ(world.whole(), BackupNames{"b"});
    // None is whole: the newest one stays.
    world.back_up("e", 2, {"s1"});
    world.lose("s1.part");
    EXPECT_EQ(world.removed_by({1, 1, 1}), BackupNames{"b"});
    EXPECT_EQ(world.listed(), BackupNames{"e"});
}

TEST(Prune, OfAnEmptyFolderNothing) {
    PruneWorld world;
    world.put("repository", "something");
    EXPECT_EQ(world.removed_by({1, 1, 1}), BackupNames());
}

TEST(Prune, TakesWhatAKilledBackupLeftAndNoListOfErasures) {
    PruneWorld world;
    fill_with_three(world);
    world.put("stray.part", "of no backup");
    world.put("s4.part.partial", "half of it");
    world.put("erasures/1.done", "a tombstone");
    world.put("erasures/key", "a key");
    EXPECT_EQ(world.removed_by({1, 1, 1}), (BackupNames{"a", "b"}));
    EXPECT_EQ(world.file_names(), (BackupNames{"c-classroom.part", "c.backup", "lock", "repository",
                                               "s1.part", "s2.part", "s3.part"}));
    EXPECT_EQ(world.files().list(erasures_of(kPruneWhere)).value(), (BackupNames{"1.done", "key"}));
}

TEST(Prune, RemovesNothingBesideAManifestThatCannotBeRead) {
    PruneWorld world;
    fill_with_three(world);
    world.put("b.backup", "half a man");
    const auto before = world.file_names();
    const auto pruned = world.prune_by({1, 1, 1});
    ASSERT_FALSE(pruned);
    EXPECT_EQ(pruned.error().code, ErrorCode::corrupt);
    EXPECT_EQ(world.file_names(), before);
}

TEST(Prune, WaitsForNoBackupThatIsWritten) {
    PruneWorld world;
    fill_with_three(world);
    SeededRandom random(3);
    const auto writer = open_writer(world.files(), kPruneWhere, "", random).value();
    const auto pruned = world.prune_by(most_backups(1));
    ASSERT_FALSE(pruned);
    EXPECT_EQ(pruned.error().code, ErrorCode::locked);
}

TEST(Prune, SurvivesAnyEndAtAnyMoment) {
    using Restart = io::FaultyFileSystem::Restart;
    std::uint64_t cuts = 0;
    for (const Restart how : {Restart::process, Restart::machine}) {
        bool was_cut = true;
        for (std::uint64_t nth = 1; was_cut; ++nth) {
            SCOPED_TRACE(fmt::format("operation {}, {}", nth, static_cast<int>(how)));
            PruneWorld world(nth);
            fill_with_three(world);
            world.files().stop_at(nth);
            const bool done = world.prune_by({2, 30, 1}).has_value();
            was_cut = world.files().stopped();
            EXPECT_NE(done, was_cut);
            world.files().restart(how);
            EXPECT_EQ(world.whole(), world.listed()) << "each manifest has its parts";
            EXPECT_TRUE(std::ranges::count(world.listed(), "c"));
            ASSERT_TRUE(world.prune_by({2, 30, 1}));
            EXPECT_EQ(world.whole(), BackupNames{"c"});
            EXPECT_EQ(world.bytes_on_disk(), bytes_of_newest(1));
            cuts += was_cut ? 1 : 0;
        }
    }
    EXPECT_GT(cuts, 10U);
}

}  // namespace
}  // namespace cellmon::backup
