#include "http/response.hpp"

#include <algorithm>
#include <array>

namespace cellmon::http {

std::string_view view_of(const Body& body) {
    if (const auto* text = std::get_if<std::string>(&body)) return *text;
    const auto& shared = std::get<std::shared_ptr<const std::string>>(body);
    return shared ? std::string_view(*shared) : std::string_view();
}

Response json_response(unsigned status, std::string json) {
    Response response;
    response.status = status;
    response.body = std::move(json);
    return response;
}

Response text_response(unsigned status, std::string text) {
    Response response = json_response(status, std::move(text));
    response.content_type = "text/plain; charset=utf-8";
    return response;
}

Response error_response(unsigned status, std::string_view detail) {
    std::string json = R"({"detail":)";
    append_json_string(json, detail);
    json += '}';
    return json_response(status, std::move(json));
}

Response error_response_json(unsigned status, std::string_view detail_json) {
    std::string json = R"({"detail":)";
    json += detail_json;
    json += '}';
    return json_response(status, std::move(json));
}

Response unavailable_response(std::string_view detail, unsigned retry_after_s) {
    Response response = error_response(503, detail);
    response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
    return response;
}

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        } else {
            out += c;
        }
    }
    out += '"';
}

std::string_view reason_of(unsigned status) {
    struct Reason {
        unsigned status;
        std::string_view text;
    };
    static constexpr std::array kReasons = std::to_array<Reason>({
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {207, "Multi-Status"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    });
    const auto* found = std::find_if(kReasons.begin(), kReasons.end(),
                                     [&](const Reason& reason) { return reason.status == status; });
    return found == kReasons.end() ? "Unknown" : found->text;
}

}  // namespace cellmon::http
