#include "http/path.hpp"

namespace cellmon::http {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

std::optional<std::vector<Parameter>> parse_query(std::string_view query) {
    std::vector<Parameter> parameters;
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), true);
        std::optional<std::string> value = equals == std::string_view::npos
                                               ? std::string()
                                               : percent_decode(pair.substr(equals + 1), true);
        if (!name || !value) return std::nullopt;
        parameters.push_back({std::move(*name), std::move(*value)});
    }
    return parameters;
}

std::string_view canonical_path(std::string_view path, std::string& buffer) {
    constexpr std::string_view kPrefix = "/api/v1";
    constexpr std::string_view kDoubled = "/api/v1/v1";
    if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const bool doubled = path.starts_with(kDoubled) &&
                         (path.size() == kDoubled.size() || path[kDoubled.size()] == '/');
    if (!doubled) return path;
    buffer.assign(kPrefix);
    buffer.append(path.substr(kDoubled.size()));
    return buffer;
}

}  // namespace cellmon::http
