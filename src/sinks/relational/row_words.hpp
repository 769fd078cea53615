#pragma once

#include <cstdint>
#include <string_view>

#include "base/id128.hpp"

namespace cellmon::relational {

// What an audit sums up. Each is also a function in the SQL of both engines (audit_queries.hpp).

/// The first eight bytes.
[[nodiscard]] std::uint64_t id_word(const Id128& id);

/// The first eight bytes of its SHA-256.
[[nodiscard]] std::uint64_t text_word(std::string_view text);

}  // namespace cellmon::relational
