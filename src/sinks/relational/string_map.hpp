#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace cellmon::relational {

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

/// A map by text that is searched without making a string. Addresses of values stay until they are
/// erased.
template <typename Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

/// Keys that were asked for together in front of a batch: what was not found then is not there.
template <typename Key, typename Hash = std::hash<Key>>
using Expected = std::unordered_set<Key, Hash>;

/// Entries that any of the caches of natural keys may hold between batches; what has more is
/// emptied.
inline constexpr std::size_t kCachedKeys = 50'000;

/// Whether it was emptied.
template <typename Map>
bool trim_cache(Map& map) {
    if (map.size() <= kCachedKeys) return false;
    map.clear();
    return true;
}

}  // namespace cellmon::relational
