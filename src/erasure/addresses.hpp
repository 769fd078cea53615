#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace cellmon::erasure {

/// More than any address has.
inline constexpr std::size_t kMostAddressBytes = 2'048;

/// Shows everything in a text that could be an address which mentions() finds in it, and more than
/// that: a text may be read in several ways. No text that is shown is long.
void each_address(std::string_view text, const std::function<void(std::string_view)>& show);

}  // namespace cellmon::erasure
