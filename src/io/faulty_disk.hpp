#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::io {

/// What the faulty file system can do to a program. The first group happens when an operation is
/// carried out, the second at a loss of power.
enum class Fault : std::uint8_t {
    failed_read,            ///< EIO.
    failed_open,            ///< EIO while opening or creating.
    failed_name_change,     ///< EIO from rename or remove; nothing was changed.
    failed_write,           ///< EIO, nothing written.
    short_write,            ///< EIO after a part was written.
    write_no_space,         ///< ENOSPC after a part was written.
    allocate_no_space,      ///< ENOSPC; the file may have grown by a part.
    failed_sync,            ///< EIO; pages are marked clean although they are not on the disk.
    sync_no_space,          ///< The same with ENOSPC (delayed allocation).
    failed_directory_sync,  ///< EIO; name changes may be forgotten: visible, but never durable.

    kill,                      ///< The process ended; the page cache stayed.
    power_loss,                ///< The page cache is gone.
    lost_sector,               ///< A written, unsynced sector did not survive.
    torn_sector,               ///< Only the beginning of what was written to a sector survived.
    garbage_sector,            ///< What was written to a sector came out as something else.
    forgotten_sector,          ///< A page that a failed sync had marked clean was gone.
    lost_size,                 ///< A file's new size did not survive.
    lost_directory_operation,  ///< A creation, rename or removal did not survive.
    count
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(Fault::count);

[[nodiscard]] std::string_view name_of(Fault fault);

using FaultHits = std::array<std::uint64_t, kFaultKinds>;

/// Decides what becomes of unsynced state: a number below `options`. Random in a simulation, an
/// odometer in an exhaustive test.
struct Fates {
    std::function<std::uint32_t(std::uint32_t options)> choose;
    /// 2: a sector is lost or kept; 3: or garbage; 4: or torn.
    std::uint32_t sector_fates = 4;
};

/// The content of one file, twice: as programs see it (page cache) and as it is on the disk.
/// Sectors of 512 bytes survive a loss of power one by one; bytes of a sector that were synced
/// before and not written since are never harmed ("power-safe overwrite").
class FaultyInode {
  public:
    std::size_t read(std::uint64_t offset, std::span<std::byte> into) const;
    void write(std::uint64_t offset, std::span<const std::byte> bytes);
    void resize(std::uint64_t size);
    [[nodiscard]] std::uint64_t size() const { return cache_.size(); }

    void sync();
    /// Some dirty sectors reach the disk; the others are forgotten: clean, readable, not on disk.
    void fail_sync(const Fates& fates);
    void lose_power(const Fates& fates, FaultHits& hits);

  private:
    struct Range {
        std::size_t from = 0;  // In the file.
        std::size_t to = 0;
    };
    using Sectors = std::map<std::size_t, Range>;

    void mark_dirty(std::size_t from, std::size_t to);
    void flush(const Range& range);
    std::size_t surviving_size(const Fates& fates, FaultHits& hits) const;
    void apply_fate(const Range& range, const Fates& fates, FaultHits& hits);

    std::vector<std::byte> cache_;
    std::vector<std::byte> disk_;
    bool size_dirty_ = false;
    Sectors dirty_;
    Sectors forgotten_;
};

/// File names, as programs see them and as they are on the disk. Directories themselves are durable
/// at once, as FileSystem::make_directories promises.
class FaultyNames {
  public:
    using Files = std::map<std::string, std::shared_ptr<FaultyInode>>;

    [[nodiscard]] std::shared_ptr<FaultyInode> find(const std::string& path) const;
    [[nodiscard]] const Files& files() const { return live_; }
    std::shared_ptr<FaultyInode> create(const std::string& path);
    void rename(const std::string& from, const std::string& to);
    void remove(const std::string& path);

    void sync(const std::string& directory);
    /// Each change is either still pending afterwards or forgotten: visible, never durable.
    void fail_sync(const std::string& directory, const Fates& fates);
    /// Pending changes survive in order up to some point, or any subset of them does. Then the
    /// files lose power.
    void lose_power(const Fates& fates, FaultHits& hits);

  private:
    struct Change {
        std::string directory;
        std::string removed;  // Empty: none.
        std::string added;    // Empty: none.
        std::shared_ptr<FaultyInode> inode;
    };
    static void apply(const Change& change, Files& files);
    void change(Change change);

    Files live_;
    Files durable_;
    std::vector<Change> pending_;
};

}  // namespace cellmon::io
