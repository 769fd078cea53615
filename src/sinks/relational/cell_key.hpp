#pragma once

#include <cstdint>

#include <xxhash.h>

#include "event/event.hpp"

namespace cellmon::relational {

/// Runs without a cell id belong to no streak.
inline constexpr std::int64_t kNoCell = 0;

[[nodiscard]] inline std::int64_t cell_key_of(const event::Event& event) {
    if (!event.cell_id) return kNoCell;
    return static_cast<std::int64_t>(XXH3_64bits(event.cell_id->data(), event.cell_id->size()));
}

}  // namespace cellmon::relational
