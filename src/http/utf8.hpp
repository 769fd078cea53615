#pragma once

#include <string_view>

#include <simdjson.h>

namespace cellmon::http {

[[nodiscard]] inline bool is_utf8(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace cellmon::http
