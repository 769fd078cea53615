#pragma once

#include <cstddef>

namespace cellmon {

/// Begins to bring `size` bytes into the caches: who goes through much that is not there waits for
/// all of it together and not for one piece after the other. Nothing for null.
inline void prefetch(const void* begin, std::size_t size) {
    if (begin == nullptr) return;
    constexpr std::size_t kLineBytes = 64;
    const auto* bytes = static_cast<const char*>(begin);
    for (std::size_t at = 0; at < size; at += kLineBytes)
        __builtin_prefetch(bytes + at);
}

}  // namespace cellmon
