#pragma once

#include <string>
#include <string_view>

#include "http/request.hpp"

namespace cellmon::api {

/// What the audit log says of a request that shows data of students, or does something about one
/// without a transaction of its own.
struct Look {
    http::Method method;
    std::string_view pattern;
    std::string_view action;
    /// Where a `{name}` stands for that path parameter, and a `?name` at the end for that query
    /// parameter (nothing when it is absent).
    std::string_view subject;
    bool each = false;  ///< Each time; else once an hour for an account and a subject.
};

/// Null for a route that shows nobody, or whose transaction writes the line.
[[nodiscard]] const Look* look_at(http::Method method, std::string_view pattern);

[[nodiscard]] std::string subject_of(const Look& look, const http::Request& request);

}  // namespace cellmon::api
