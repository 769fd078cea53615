#include "api/parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

namespace cellmon::api {

http::Response query_refusal(std::string_view type, std::string_view name, std::string_view message,
                             std::string_view input) {
    std::string detail = fmt::format(R"([{{"type":"{}","loc":["query","{}"],"msg":"{}","input":)",
                                     type, name, message);
    http::append_json_string(detail, input);
    detail += "}]";
    return http::error_response_json(422, detail);
}

tl::expected<std::uint64_t, http::Response> query_number(const http::Request& request,
                                                         std::string_view name,
                                                         std::uint64_t otherwise,
                                                         std::uint64_t least, std::uint64_t most) {
    const auto text = request.query_value(name);
    if (!text) return otherwise;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) {
        return tl::unexpected(query_refusal(
            "int_parsing", name, "Input should be a valid integer of at least 0", *text));
    }
    if (value < least) {
        return tl::unexpected(query_refusal(
            "greater_than_equal", name,
            fmt::format("Input should be greater than or equal to {}", least), *text));
    }
    if (value > most) {
        return tl::unexpected(
            query_refusal("less_than_equal", name,
                          fmt::format("Input should be less than or equal to {}", most), *text));
    }
    return value;
}

bool is_line(std::string_view text, classroom::TextLimit limit) {
    const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    return !has_control && simdjson::validate_utf8(text.data(), text.size()) &&
           classroom::fits(text, limit);
}

tl::expected<std::string, http::Response> query_line(const http::Request& request,
                                                     std::string_view name,
                                                     classroom::TextLimit limit,
                                                     std::optional<std::string_view> otherwise) {
    const auto text = request.query_value(name);
    if (!text) {
        if (otherwise) return std::string(*otherwise);
        return tl::unexpected(query_refusal("missing", name, "Field required", ""));
    }
    if (is_line(*text, limit)) return std::string(*text);
    return tl::unexpected(
        query_refusal("value_error", name,
                      fmt::format("Value error, {} to {} characters of one line are allowed",
                                  limit.least, limit.most),
                      ""));
}

std::optional<bool> truth_of(std::string_view text) {
    constexpr std::array kTrue =
        std::to_array<std::string_view>({"1", "true", "t", "yes", "y", "on"});
    constexpr std::array kFalse =
        std::to_array<std::string_view>({"0", "false", "f", "no", "n", "off"});
    const auto is = [&](std::string_view word) { return http::equal_ignoring_case(word, text); };
    if (std::any_of(kTrue.begin(), kTrue.end(), is)) return true;
    if (std::any_of(kFalse.begin(), kFalse.end(), is)) return false;
    return std::nullopt;
}

tl::expected<std::optional<bool>, http::Response> query_truth(const http::Request& request,
                                                              std::string_view name) {
    const auto text = request.query_value(name);
    if (!text) return std::optional<bool>();
    const auto truth = truth_of(*text);
    if (truth) return truth;
    return tl::unexpected(query_refusal(
        "bool_parsing", name, "Input should be a valid boolean, unable to interpret input", *text));
}

}  // namespace cellmon::api
