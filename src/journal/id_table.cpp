#include "journal/id_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <xxhash.h>

namespace cellmon::journal {
namespace {

constexpr std::size_t kFirstSlots = 4096;
constexpr Id128 kFree{};

/// As a == b, without the call of memcmp that the defaulted operator makes.
bool same(const Id128& a, const Id128& b) {
    std::array<std::uint64_t, 2> left{};
    std::array<std::uint64_t, 2> right{};
    std::memcpy(left.data(), a.bytes.data(), sizeof(left));
    std::memcpy(right.data(), b.bytes.data(), sizeof(right));
    return left[0] == right[0] && left[1] == right[1];
}

/// As a < b, likewise.
bool before(const Id128& a, const Id128& b) {
    std::array<std::uint64_t, 2> left{};
    std::array<std::uint64_t, 2> right{};
    std::memcpy(left.data(), a.bytes.data(), sizeof(left));
    std::memcpy(right.data(), b.bytes.data(), sizeof(right));
    const std::size_t half = left[0] == right[0] ? 1 : 0;
    return __builtin_bswap64(left[half]) < __builtin_bswap64(right[half]);
}

}  // namespace

std::uint64_t hash_of(const Id128& id) {
    return XXH3_64bits(id.bytes.data(), id.bytes.size());
}

IdTable::IdTable() : slots_(kFirstSlots) {}

const IdEntry* IdTable::find(const Id128& id, std::uint64_t hash) const {
    if (same(id, kFree)) return zero_id_ ? &*zero_id_ : nullptr;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
        if (same(slots_[slot].id, id)) return &slots_[slot];
        if (same(slots_[slot].id, kFree)) return nullptr;
    }
}

void IdTable::insert(const IdEntry& entry, std::uint64_t hash) {
    ++size_;
    if (same(entry.id, kFree)) {
        zero_id_ = entry;
        return;
    }
    if (size_ * 2 > slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash & mask;
    while (!same(slots_[slot].id, kFree))
        slot = (slot + 1) & mask;
    slots_[slot] = entry;
}

void IdTable::grow() {
    std::vector<IdEntry> old(slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const IdEntry& entry : old) {
        if (same(entry.id, kFree)) continue;
        std::size_t slot = hash_of(entry.id) & mask;
        while (!same(slots_[slot].id, kFree))
            slot = (slot + 1) & mask;
        slots_[slot] = entry;
    }
}

std::vector<IdEntry> IdTable::sorted() const {
    std::vector<IdEntry> entries;
    entries.reserve(size_);
    if (zero_id_) entries.push_back(*zero_id_);
    for (const IdEntry& entry : slots_) {
        if (!same(entry.id, kFree)) entries.push_back(entry);
    }
    std::sort(entries.begin(), entries.end(),
              [](const IdEntry& a, const IdEntry& b) { return before(a.id, b.id); });
    return entries;
}

}  // namespace cellmon::journal
