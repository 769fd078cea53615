#pragma once

#include <cstdint>

#include "http/response.hpp"

namespace cellmon::socketio {

/// Why a request is refused, by the numbers of Engine.IO.
enum class Refusal : std::uint8_t {
    unknown_transport = 0,
    unknown_session = 1,
    bad_method = 2,
    bad_request = 3,
    unsupported_version = 5,
};

/// 400 in the form that clients of Engine.IO know, with the `detail` of all refusals of this
/// server.
[[nodiscard]] http::Response refusal(Refusal why, std::string_view detail);

}  // namespace cellmon::socketio
