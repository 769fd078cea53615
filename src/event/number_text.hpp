#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cellmon::event {

/// A number by the grammar of JSON.
[[nodiscard]] bool is_json_number(std::string_view text);

/// Whether simdjson refuses this JSON number: an integer beyond 64 bits, or a value beyond the
/// doubles.
[[nodiscard]] bool is_vast(std::string_view number);

/// The nearest double of a JSON number; nullopt when it lies beyond the doubles.
[[nodiscard]] std::optional<double> nearest_double(std::string_view number);

/// One text for all ways to write a JSON number: `[-]<digits>e<exponent>`, meaning 0.<digits> ×
/// 10^<exponent>, digits without zeros at either end. Part of `canonical v1`, for numbers beyond
/// the doubles.
[[nodiscard]] std::string decimal_normal_form(std::string_view number);

/// The value as a signed integer, when it is one.
[[nodiscard]] std::optional<std::int64_t> exact_integer(double value);

}  // namespace cellmon::event
