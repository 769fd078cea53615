#include "api/accept.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "http/request.hpp"

namespace cellmon::api {
namespace {

constexpr unsigned kWhole = 1'000;  // The weight 1, in thousandths.

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// Cuts the part before the next `separator` off `rest`.
std::string_view cut(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return trimmed(part);
}

/// `0.8` in thousandths. What is no weight counts as a whole one.
unsigned weight_of(std::string_view text) {
    if (!text.starts_with('0')) return kWhole;
    unsigned weight = 0;
    unsigned place = kWhole / 10;
    for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (digit < '0' || digit > '9') return kWhole;
        weight += place * static_cast<unsigned>(digit - '0');
        place /= 10;
    }
    return weight;
}

/// The weight of the entry `name`, nullopt when the field has none.
std::optional<unsigned> weight_in(std::string_view field, std::string_view name) {
    while (!field.empty()) {
        std::string_view entry = cut(field, ',');
        if (!http::equal_ignoring_case(cut(entry, ';'), name)) continue;
        while (!entry.empty()) {
            const std::string_view parameter = cut(entry, ';');
            if (parameter.starts_with("q=") || parameter.starts_with("Q="))
                return weight_of(parameter.substr(2));
        }
        return kWhole;
    }
    return std::nullopt;
}

/// The weight of the first of `names` that the field has: the most specific one goes first.
unsigned weight_of_first(std::string_view field, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (const auto weight = weight_in(field, name)) return *weight;
    }
    return 0;
}

}  // namespace

bool prefers_html(std::string_view accept) {
    const auto html = weight_in(accept, "text/html");
    return html && *html > 0 &&
           *html >= weight_of_first(accept, {"application/json", "application/*", "*/*"});
}

bool accepts_gzip(std::string_view accept_encoding) {
    return weight_of_first(accept_encoding, {"gzip", "*"}) > 0;
}

bool lists_tag(std::string_view if_none_match, std::string_view tag) {
    while (!if_none_match.empty()) {
        std::string_view listed = cut(if_none_match, ',');
        // A weak tag matches too: the comparison for this field is the weak one.
        if (listed.starts_with("W/")) listed.remove_prefix(2);
        if (listed == tag || listed == "*") return true;
    }
    return false;
}

}  // namespace cellmon::api
