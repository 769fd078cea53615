#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace cellmon::journal {

/// A split block Bloom filter: one 32-byte block a key, one bit in each of its eight words (Apache
/// Parquet, "Bloom filter" specification). 17 bits a key give about one false positive in a
/// thousand.
class IdFilter {
  public:
    explicit IdFilter(std::uint64_t keys);

    /// A filter as bytes() gave it.
    explicit IdFilter(std::span<const std::byte> bytes);

    void insert(std::uint64_t hash);
    [[nodiscard]] bool may_contain(std::uint64_t hash) const;
    void prefetch(std::uint64_t hash) const;
    [[nodiscard]] std::span<const std::byte> bytes() const {
        return std::as_bytes(std::span(words_));
    }

  private:
    static constexpr std::size_t kWordsPerBlock = 8;
    [[nodiscard]] std::size_t block_of(std::uint64_t hash) const;

    std::vector<std::uint32_t> words_;
};

}  // namespace cellmon::journal
