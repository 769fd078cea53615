#include "io/faulty_disk.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "io/file_system.hpp"

namespace cellmon::io {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr std::uint32_t kTornParts = 8;  // A torn sector keeps 1 to 7 eighths.

enum SectorFate : std::uint32_t { kLost = 0, kKept = 1, kGarbage = 2, kTorn = 3 };

void hit(FaultHits& hits, Fault fault) {
    ++hits[static_cast<std::size_t>(fault)];
}

}  // namespace

std::string_view name_of(Fault fault) {
    static constexpr std::array<std::string_view, kFaultKinds> kNames = {
        "failed_read",           "failed_open", "failed_name_change",
        "failed_write",          "short_write", "write_no_space",
        "allocate_no_space",     "failed_sync", "sync_no_space",
        "failed_directory_sync", "kill",        "power_loss",
        "lost_sector",           "torn_sector", "garbage_sector",
        "forgotten_sector",      "lost_size",   "lost_directory_operation"};
    return kNames.at(static_cast<std::size_t>(fault));
}

std::size_t FaultyInode::read(std::uint64_t offset, std::span<std::byte> into) const {
    if (offset >= cache_.size()) return 0;
    const std::size_t size = std::min<std::size_t>(into.size(), cache_.size() - offset);
    std::copy_n(cache_.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
    return size;
}

void FaultyInode::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (offset + bytes.size() > cache_.size()) resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), cache_.begin() + static_cast<std::ptrdiff_t>(offset));
    mark_dirty(offset, offset + bytes.size());
}

void FaultyInode::mark_dirty(std::size_t from, std::size_t to) {
    while (from < to) {
        const std::size_t sector = from / kSectorBytes;
        const std::size_t end = std::min(to, (sector + 1) * kSectorBytes);
        Range range{from, end};
        // Writing to a page makes all of it dirty again, also what a failed sync forgot.
        for (Sectors* sectors : {&dirty_, &forgotten_}) {
            if (const auto old = sectors->find(sector); old != sectors->end()) {
                range.from = std::min(range.from, old->second.from);
                range.to = std::max(range.to, old->second.to);
                sectors->erase(old);
            }
        }
        dirty_.emplace(sector, range);
        from = end;
    }
}

void FaultyInode::resize(std::uint64_t size) {
    const std::size_t old_size = cache_.size();
    if (size == old_size) return;
    cache_.resize(size);
    size_dirty_ = true;
    if (size > old_size) {
        // What lay there on the disk before a truncation reads as zeros now.
        mark_dirty(old_size, std::max(old_size, std::min<std::size_t>(disk_.size(), size)));
        return;
    }
    for (Sectors* sectors : {&dirty_, &forgotten_}) {
        std::erase_if(*sectors, [&](const auto& entry) { return entry.second.from >= size; });
        for (auto& [sector, range] : *sectors)
            range.to = std::min<std::size_t>(range.to, size);
    }
}

void FaultyInode::flush(const Range& range) {
    if (disk_.size() < range.to) disk_.resize(range.to);
    std::copy(cache_.begin() + static_cast<std::ptrdiff_t>(range.from),
              cache_.begin() + static_cast<std::ptrdiff_t>(range.to),
              disk_.begin() + static_cast<std::ptrdiff_t>(range.from));
}

void FaultyInode::sync() {
    if (size_dirty_) disk_.resize(cache_.size());
    size_dirty_ = false;
    for (const auto& [sector, range] : dirty_)
        flush(range);
    dirty_.clear();
}

void FaultyInode::fail_sync(const Fates& fates) {
    if (size_dirty_ && fates.choose(2) == kKept) disk_.resize(cache_.size());
    size_dirty_ = false;
    for (const auto& [sector, range] : dirty_) {
        if (fates.choose(2) == kKept) {
            flush(range);
        } else {
            forgotten_.emplace(sector, range);
        }
    }
    dirty_.clear();
}

std::size_t FaultyInode::surviving_size(const Fates& fates, FaultHits& hits) const {
    if (!size_dirty_) return disk_.size();
    const std::uint32_t fate = fates.choose(3);
    if (fate == kKept) return cache_.size();
    hit(hits, Fault::lost_size);
    if (fate == kLost || cache_.size() <= disk_.size()) return disk_.size();
    const std::size_t middle = disk_.size() + (cache_.size() - disk_.size()) / 2;
    return std::max(disk_.size(), middle / kSectorBytes * kSectorBytes);
}

void FaultyInode::apply_fate(const Range& range, const Fates& fates, FaultHits& hits) {
    switch (fates.choose(fates.sector_fates)) {
        case kKept:
            flush(range);
            break;
        case kGarbage:
            hit(hits, Fault::garbage_sector);
            for (std::size_t i = range.from; i < range.to; ++i)
                disk_[i] = static_cast<std::byte>((i * 167 + (i >> 8U) * 31 + 13) & 0xffU);
            break;
        case kTorn: {
            hit(hits, Fault::torn_sector);
            const std::size_t parts = 1 + fates.choose(kTornParts - 1);
            flush({range.from, range.from + (range.to - range.from) * parts / kTornParts});
            break;
        }
        default:
            hit(hits, Fault::lost_sector);
    }
}

void FaultyInode::lose_power(const Fates& fates, FaultHits& hits) {
    const std::size_t size = surviving_size(fates, hits);
    disk_.resize(size);
    for (auto [sector, range] : dirty_) {
        range.to = std::min(range.to, size);
        if (range.from < range.to) {
            apply_fate(range, fates, hits);
        } else {
            hit(hits, Fault::lost_sector);
        }
    }
    hits[static_cast<std::size_t>(Fault::forgotten_sector)] += forgotten_.size();
    cache_ = disk_;
    size_dirty_ = false;
    dirty_.clear();
    forgotten_.clear();
}

std::shared_ptr<FaultyInode> FaultyNames::find(const std::string& path) const {
    const auto found = live_.find(path);
    return found == live_.end() ? nullptr : found->second;
}

void FaultyNames::apply(const Change& change, Files& files) {
    if (!change.removed.empty()) files.erase(change.removed);
    if (!change.added.empty()) files[change.added] = change.inode;
}

void FaultyNames::change(Change change) {
    apply(change, live_);
    pending_.push_back(std::move(change));
}

std::shared_ptr<FaultyInode> FaultyNames::create(const std::string& path) {
    auto inode = std::make_shared<FaultyInode>();
    change({directory_of(path), {}, path, inode});
    return inode;
}

void FaultyNames::rename(const std::string& from, const std::string& to) {
    CELLMON_ASSERT(directory_of(from) == directory_of(to));
    change({directory_of(to), from, to, find(from)});
}

void FaultyNames::remove(const std::string& path) {
    change({directory_of(path), path, {}, nullptr});
}

void FaultyNames::sync(const std::string& directory) {
    std::erase_if(pending_, [&](const Change& change) {
        if (change.directory != directory) return false;
        apply(change, durable_);
        return true;
    });
}

void FaultyNames::fail_sync(const std::string& directory, const Fates& fates) {
    std::erase_if(pending_, [&](const Change& change) {
        return change.directory == directory && fates.choose(2) == kLost;
    });
}

void FaultyNames::lose_power(const Fates& fates, FaultHits& hits) {
    const bool in_order = fates.choose(2) == 0;
    const auto count = static_cast<std::uint32_t>(pending_.size());
    const std::uint32_t kept = in_order ? fates.choose(count + 1) : count;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i < kept && (in_order || fates.choose(2) == kKept)) {
            apply(pending_[i], durable_);
        } else {
            hit(hits, Fault::lost_directory_operation);
        }
    }
    pending_.clear();
    live_ = durable_;
    std::set<FaultyInode*> done;  // A half-durable rename may have left a file with two names.
    for (const auto& [path, inode] : live_) {
        if (done.insert(inode.get()).second) inode->lose_power(fates, hits);
    }
}

}  // namespace cellmon::io
