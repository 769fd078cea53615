#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace cellmon::event {

/// Position, from `from` on, of the first byte that cannot stand in a JSON string as it is (quote,
/// backslash, control character); the size of `text` when there is none or `from` lies behind the
/// end.
[[nodiscard]] std::size_t find_special(std::string_view text, std::size_t from);

/// Four hexadecimal digits at `position`.
[[nodiscard]] bool read_hex4(std::string_view text, std::size_t position, std::uint32_t& value);

/// Appends `text` as a JSON string with its quotes; only what must be escaped is.
void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest decimal text that reads back as the same double. Finite numbers only.
void append_number(std::string& out, double value);
void append_number(std::string& out, std::int64_t value);
void append_number(std::string& out, std::uint64_t value);

/// Appends what format_time gives, without its cost; years 0000 to 9999 only.
void append_time(std::string& out, TimeUs time);

/// At most `max_bytes` of `text`, cut between two characters.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);

/// Without white space at both ends, also the wide one of Japanese keyboards.
[[nodiscard]] std::string_view trim(std::string_view text);

/// SHA-256 in lower-case hexadecimal.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace cellmon::event
