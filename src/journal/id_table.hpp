#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/id128.hpp"

namespace cellmon::journal {

/// An event id with the hash of its content: what the id index stores, 24 bytes in memory and on
/// disk.
struct IdEntry {
    Id128 id;
    std::uint64_t content_hash = 0;
};
static_assert(sizeof(IdEntry) == 24);

/// The hash by which ids are found, in tables and filters alike.
[[nodiscard]] std::uint64_t hash_of(const Id128& id);

/// Ids in memory: open addressing, linear probing, at most half full. Grows by doubling. One
/// writer; readers only when nobody writes.
class IdTable {
  public:
    IdTable();

    [[nodiscard]] const IdEntry* find(const Id128& id, std::uint64_t hash) const;

    /// The id must not be there yet.
    void insert(const IdEntry& entry, std::uint64_t hash);

    [[nodiscard]] std::size_t size() const { return size_; }
    void prefetch(std::uint64_t hash) const {
        __builtin_prefetch(slots_.data() + (hash & (slots_.size() - 1)));
    }

    /// All entries in the order of their ids.
    [[nodiscard]] std::vector<IdEntry> sorted() const;

  private:
    void grow();

    std::vector<IdEntry>
        slots_;  // A slot with the all-zero id is free; that id itself has a place of its own.
    std::optional<IdEntry> zero_id_;
    std::size_t size_ = 0;
};

}  // namespace cellmon::journal
