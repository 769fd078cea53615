#include "http/response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fmt/core.h>

namespace cellmon::http {

namespace {

// The same on every answer: no guessing of types, no framing by other origins, no leaking of paths.
constexpr std::string_view kSecurityFields =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: SAMEORIGIN\r\n"
    "Referrer-Policy: no-referrer\r\n";

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_value(std::string& out, std::string_view value) {
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
}

bool is_cache_control(std::string_view name) {
    constexpr std::string_view kName = "cache-control";
    return std::equal(name.begin(), name.end(), kName.begin(), kName.end(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

}  // namespace

bool is_bodiless(unsigned status) {
    return status < 200 || status == 204 || status == 304;
}

void append_head(std::string& out, const Response& response, const HeadContext& context) {
    out += "HTTP/1.1 ";
    append_number(out, response.status);
    out += ' ';
    out += reason_of(response.status);
    out += "\r\nDate: ";
    out += context.date;
    out += "\r\n";
    if (!is_bodiless(response.status)) {
        out += "Content-Type: ";
        if (response.content_type.empty()) {
            out += "application/json";
        } else {
            append_value(out, response.content_type);
        }
        out += "\r\nContent-Length: ";
        append_number(out, view_of(response.body).size());
        out += "\r\n";
    }
    out += kSecurityFields;
    bool cache_control = false;
    for (const auto& [name, value] : response.headers) {
        cache_control = cache_control || is_cache_control(name);
        out += name;
        out += ": ";
        append_value(out, value);
        out += "\r\n";
    }
    if (!cache_control) out += "Cache-Control: no-store\r\n";
    if (context.cors != nullptr) {
        append_cors_fields(out, *context.cors, context.origin, context.has_cookie);
    }
    if (context.close) {
        out += "Connection: close\r\n";
    } else if (context.http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

std::string http_date(TimeUs time) {
    static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = static_cast<std::time_t>(time / 1'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                       kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                       kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace cellmon::http
