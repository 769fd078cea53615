#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "event/decode.hpp"

namespace cellmon::event {

/// The memory of a batch: grows in chunks that never move.
class Batch::Arena {
  public:
    /// `expected_bytes` is a guess of all that will be stored.
    void expect(std::size_t expected_bytes) {
        next_chunk_bytes_ = std::clamp(expected_bytes, kMinChunkBytes, kMaxChunkBytes);
    }

    [[nodiscard]] std::string_view store(std::string_view text) {
        if (text.empty()) return {};
        if (text.size() > free_bytes_) add_chunk(text.size());
        char* place = free_;
        std::memcpy(place, text.data(), text.size());
        free_ += text.size();
        free_bytes_ -= text.size();
        return {place, text.size()};
    }

    /// Whether the view lies in this memory; an empty one does.
    [[nodiscard]] bool owns(std::string_view text) const {
        return text.empty() || std::ranges::any_of(chunks_, [&](const Chunk& chunk) {
                   return text.data() >= chunk.bytes.get() &&
                          text.data() + text.size() <= chunk.bytes.get() + chunk.size;
               });
    }

  private:
    static constexpr std::size_t kMinChunkBytes = 1U << 10U;
    static constexpr std::size_t kMaxChunkBytes = 1U << 20U;

    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };

    void add_chunk(std::size_t at_least) {
        const std::size_t size = std::max(next_chunk_bytes_, at_least);
        chunks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
        free_ = chunks_.back().bytes.get();
        free_bytes_ = size;
    }

    std::vector<Chunk> chunks_;
    char* free_ = nullptr;
    std::size_t free_bytes_ = 0;
    std::size_t next_chunk_bytes_ = kMinChunkBytes;
};

}  // namespace cellmon::event
