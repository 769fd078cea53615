#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cellmon::http {

/// Text of its own, or text shared with other answers.
using Body = std::variant<std::string, std::shared_ptr<const std::string>>;

[[nodiscard]] std::string_view view_of(const Body& body);

/// An answer. The server adds Content-Length, Date, Connection, CORS and the security fields;
/// Cache-Control is `no-store` unless `headers` has one.
struct Response {
    unsigned status = 200;
    std::string content_type;  ///< Empty: `application/json`.
    Body body;
    std::vector<std::pair<std::string, std::string>> headers;
    bool close = false;  ///< Ends the connection after this answer.

    /// Of a guard's 101: Request::principal for the handler of the handshake.
    std::shared_ptr<const void> principal;
};

[[nodiscard]] Response json_response(unsigned status, std::string json);
[[nodiscard]] Response text_response(unsigned status, std::string text);

/// `{"detail": "<text>"}`, the form of every error that is not a validation error.
[[nodiscard]] Response error_response(unsigned status, std::string_view detail);

/// `{"detail": <json>}` for a detail that is a list or an object.
[[nodiscard]] Response error_response_json(unsigned status, std::string_view detail_json);

/// 503 with Retry-After: the client is to send the same again after so many seconds.
[[nodiscard]] Response unavailable_response(std::string_view detail, unsigned retry_after_s = 1);

/// Appends `text` as a JSON string with its quotes. `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// The reason phrase of a status, `Unknown` when it has none.
[[nodiscard]] std::string_view reason_of(unsigned status);

}  // namespace cellmon::http
