#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include "http/response.hpp"
#include "sql/conditions.hpp"

namespace cellmon::api {

/// All rows of one class, which is a few thousand at most.
inline constexpr sql::Page kWholeTable{.skip = 0, .limit = 1'000'000};

/// 200 with a table that a browser saves under that name.
[[nodiscard]] inline http::Response csv_response(std::string csv, const std::string& file) {
    http::Response response;
    response.content_type = "text/csv; charset=utf-8";
    response.body = std::move(csv);
    response.headers.emplace_back("Content-Disposition",
                                  fmt::format("attachment; filename=\"{}\"", file));
    return response;
}

}  // namespace cellmon::api
