#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include <xxhash.h>

namespace cellmon::live {

/// Places by text: open addressing, at most half full, grows by doubling. Knows a text by 128 bits
/// of its hash under a secret seed, so that a search reads one slot and nothing else. One thread.
class PlaceIndex {
  public:
    static constexpr std::uint32_t kNowhere = 0xffffffffU;

    struct Key {
        std::uint64_t low = 0;
        std::uint64_t high = 0;

        bool operator==(const Key&) const = default;
    };

    [[nodiscard]] Key key_of(std::string_view text) const {
        const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), seed_);
        return {hash.low64, hash.high64};
    }

    [[nodiscard]] std::uint32_t find(const Key& key) const {
        std::size_t at = first(key);
        while (slots_[at].place != kNowhere && slots_[at].key != key)
            at = next(at);
        return slots_[at].place;
    }

    /// It must not be there yet.
    void add(const Key& key, std::uint32_t place) {
        if (2 * ++size_ > slots_.size()) grow();
        put({key, place});
    }

  private:
    struct Slot {
        Key key;
        std::uint32_t place = kNowhere;
    };

    [[nodiscard]] std::size_t first(const Key& key) const { return key.low & (slots_.size() - 1); }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

    void put(const Slot& added) {
        std::size_t at = first(added.key);
        while (slots_[at].place != kNowhere)
            at = next(at);
        slots_[at] = added;
    }

    void grow() {
        std::vector<Slot> earlier(2 * slots_.size());
        earlier.swap(slots_);
        for (const Slot& slot : earlier) {
            if (slot.place != kNowhere) put(slot);
        }
    }

    std::uint64_t seed_ = std::random_device{}() | std::uint64_t{std::random_device{}()} << 32U;
    std::vector<Slot> slots_ = std::vector<Slot>(64);
    std::size_t size_ = 0;
};

}  // namespace cellmon::live
