// Any bytes as what a student wrote: nothing is read beyond them, what is told is counted, and a
// text without secrets stays as it was.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "privacy/secrets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::string_view kMask = "[masked: ";
    // The bytes as they are, in memory of just their size.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string masked;
    const std::size_t count = cellmon::privacy::mask_secrets(text, masked);
    CELLMON_ASSERT((count == 0) == masked.empty());
    std::size_t told = 0;
    for (auto at = masked.find(kMask); at != std::string::npos; at = masked.find(kMask, at + 1))
        ++told;
    CELLMON_ASSERT(told >= count);
    return 0;
}
