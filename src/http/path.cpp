#include "http/path.hpp"

#include "base/percent.hpp"

namespace cellmon::http {

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
