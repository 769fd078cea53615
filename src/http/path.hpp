#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"

namespace cellmon::http {

/// Splits `a=1&b=2` and decodes names and values. nullopt when an escape is invalid.
[[nodiscard]] std::optional<std::vector<Parameter>> parse_query(std::string_view query);

/// The one form of a path in which routes are compared: no trailing slash (but for `/`), and the
/// doubled prefix `/api/v1/v1` of some of the origin's routers is the single `/api/v1`. So each
/// resource answers under all its spellings. The view is into `path` or `buffer`.
[[nodiscard]] std::string_view canonical_path(std::string_view path, std::string& buffer);

}  // namespace cellmon::http
