#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "classroom/limits.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::api {

/// 422 in the form of contract §1.3 for a query parameter. `type` and `message` need no escapes.
[[nodiscard]] http::Response query_refusal(std::string_view type, std::string_view name,
                                           std::string_view message, std::string_view input);

/// The query parameter as a number of [least, most]; `otherwise` when it is absent. The error is
/// the answer to send: 422 in the form of contract §1.3, naming the parameter.
[[nodiscard]] tl::expected<std::uint64_t, http::Response> query_number(const http::Request& request,
                                                                       std::string_view name,
                                                                       std::uint64_t otherwise,
                                                                       std::uint64_t least,
                                                                       std::uint64_t most);

/// The query parameter as a truth value (`true`, `1`, `yes`, …); nullopt when it is absent.
[[nodiscard]] tl::expected<std::optional<bool>, http::Response> query_truth(
    const http::Request& request, std::string_view name);

/// The query parameter as text of one line; `otherwise` when it is absent, and 422 when that is
/// nullopt.
[[nodiscard]] tl::expected<std::string, http::Response> query_line(
    const http::Request& request, std::string_view name, classroom::TextLimit limit,
    std::optional<std::string_view> otherwise);

/// Whether it is UTF-8 of one line that the limit allows.
[[nodiscard]] bool is_line(std::string_view text, classroom::TextLimit limit);

/// `true`, `1`, `t`, `yes`, `y`, `on` and their opposites, in any case; nullopt for anything else.
[[nodiscard]] std::optional<bool> truth_of(std::string_view text);

}  // namespace cellmon::api
