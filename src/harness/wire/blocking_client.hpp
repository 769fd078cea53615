#pragma once

#include <chrono>
#include <string_view>

#include "base/patience.hpp"
#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"
#include "harness/wire/response_parser.hpp"

namespace cellmon::harness {

/// GET of `path` (with the endpoint's prefix before it) on a connection of its own. `patience` is
/// for each wait: for the connection, and for each further piece of the answer.
/// ErrorCode::unavailable when no whole answer comes, cancelled when a wait was interrupted.
Result<Response> http_get(const Endpoint& endpoint, std::string_view path,
                          const Patience& patience = {std::chrono::seconds(10), nullptr});

/// What is sent besides a path.
struct HttpBody {
    std::string_view method = "POST";
    std::string_view content_type = "application/json";
    std::string_view bytes;
};

/// The same with a body.
Result<Response> http_send(const Endpoint& endpoint, std::string_view path, const HttpBody& body,
                           const Patience& patience = {std::chrono::seconds(60), nullptr});

}  // namespace cellmon::harness
