#pragma once

#include <cstddef>
#include <string_view>

#include "event/decode.hpp"

namespace cellmon::event {

// The faults of a body as a whole, in the predecessor's forms.

[[nodiscard]] BodyError missing_body();
[[nodiscard]] BodyError not_a_list(std::string_view input_json);
[[nodiscard]] BodyError broken_json(std::string_view body, bool too_deep);
[[nodiscard]] BodyError too_many_items(std::size_t items, std::size_t limit);

}  // namespace cellmon::event
