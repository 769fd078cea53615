#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace cellmon::event {

/// Where JSON text is broken, in the words of the predecessor's parser.
struct JsonFault {
    std::size_t offset = 0;  ///< In characters.
    std::string_view message;
};

/// The first fault; nullopt when the grammar holds. Only for text that did not parse.
[[nodiscard]] std::optional<JsonFault> find_json_fault(std::string_view text);

}  // namespace cellmon::event
