#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cellmon::event {

/// Rewrites JSON text that means something but that simdjson refuses, by the rules for text and
/// numbers: a lone surrogate escape and every invalid UTF-8 sequence in a string become U+FFFD, the
/// escape of NUL becomes U+2400, and a number that simdjson cannot hold becomes a string of NUL and
/// the number's text (no other string then begins with NUL). nullopt when there is nothing to
/// rewrite. Text that is no JSON stays none.
[[nodiscard]] std::optional<std::string> repair_json(std::string_view text);

}  // namespace cellmon::event
