#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/config.hpp"

namespace cellmon::config {

// How values are written, the same in the file, the environment and flags. The errors
// (ErrorCode::invalid) say only why; who calls knows which key of which source it was.

/// Decimal digits.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);

/// A count of bytes, or one with `B`, `KiB`, `MiB`, `GiB` behind it: `64MiB`.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

/// A count with `ms`, `s`, `min` or `h` behind it: `30s`. In milliseconds.
[[nodiscard]] Result<std::uint64_t> parse_duration_ms(std::string_view text);

/// A count with `%` behind it: `10%`.
[[nodiscard]] Result<std::uint64_t> parse_percent(std::string_view text);

/// `127.0.0.1:8000`, `[::1]:8000`, `localhost:0`.
[[nodiscard]] Result<ListenAddress> parse_address(std::string_view text);

/// In the largest unit that gives a whole number.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
[[nodiscard]] std::string format_duration(std::uint64_t duration_ms);
[[nodiscard]] std::string format_percent(std::uint64_t percent);
[[nodiscard]] std::string format_address(const ListenAddress& address);

}  // namespace cellmon::config
