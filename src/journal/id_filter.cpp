#include "journal/id_filter.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cellmon::journal {
namespace {

constexpr std::uint64_t kBitsPerKey = 17;
constexpr std::uint64_t kBitsPerBlock = 256;

// The odd constants of the Parquet specification; each picks a bit of one word.
constexpr std::array<std::uint32_t, 8> kSalts = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU,
                                                 0xa2b7289dU, 0x705495c7U, 0x2df1424bU,
                                                 0x9efc4947U, 0x5c6bfb31U};

constexpr std::uint32_t bit_in_word(std::uint32_t key, std::size_t word) {
    return std::uint32_t{1} << ((key * kSalts[word]) >> 27U);
}

}  // namespace

IdFilter::IdFilter(std::uint64_t keys)
    : words_(std::max<std::uint64_t>(1, (keys * kBitsPerKey + kBitsPerBlock - 1) / kBitsPerBlock) *
             kWordsPerBlock) {}

IdFilter::IdFilter(std::span<const std::byte> bytes)
    : words_(bytes.size() / sizeof(std::uint32_t)) {
    std::memcpy(words_.data(), bytes.data(), words_.size() * sizeof(std::uint32_t));
}

std::size_t IdFilter::block_of(std::uint64_t hash) const {
    const std::uint64_t blocks = words_.size() / kWordsPerBlock;
    return static_cast<std::size_t>(((hash >> 32U) * blocks) >> 32U) * kWordsPerBlock;
}

void IdFilter::insert(std::uint64_t hash) {
    const std::size_t block = block_of(hash);
    const auto key = static_cast<std::uint32_t>(hash);
    for (std::size_t i = 0; i < kWordsPerBlock; ++i)
        words_[block + i] |= bit_in_word(key, i);
}

bool IdFilter::may_contain(std::uint64_t hash) const {
    const std::size_t block = block_of(hash);
    const auto key = static_cast<std::uint32_t>(hash);
    for (std::size_t i = 0; i < kWordsPerBlock; ++i) {
        if ((words_[block + i] & bit_in_word(key, i)) == 0) return false;
    }
    return true;
}

void IdFilter::prefetch(std::uint64_t hash) const {
    __builtin_prefetch(words_.data() + block_of(hash));
}

}  // namespace cellmon::journal
