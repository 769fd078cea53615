#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"
#include "harness/wire/response_parser.hpp"

namespace cellmon::harness {

/// GET of `path` (with the endpoint's prefix before it) on a connection of its own.
/// ErrorCode::unavailable when no whole answer comes within `timeout_s`.
Result<Response> http_get(const Endpoint& endpoint, std::string_view path, int timeout_s = 10);

}  // namespace cellmon::harness
