#pragma once

#include <string>
#include <string_view>

namespace cellmon::push {

/// The `type` of what a client of a socket says; empty for what is no JSON object or has none.
[[nodiscard]] std::string type_of(std::string_view message);

}  // namespace cellmon::push
