#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::api {

// Bodies whose members nobody reads: any JSON is taken, as of events, whatever its numbers are.
// What they give is JSON without spaces, of several members of one name the last.

/// The object of a body; the error is the answer to send, as of BodyFields::parse.
[[nodiscard]] tl::expected<std::string, http::Response> free_object(const http::Request& request);

/// The objects of a list, `most` at most (413).
[[nodiscard]] tl::expected<std::vector<std::string>, http::Response> free_objects(
    const http::Request& request, std::size_t most);

}  // namespace cellmon::api
