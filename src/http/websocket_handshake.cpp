#include "http/websocket_handshake.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "base/assert.hpp"
#include "http/authority.hpp"

namespace cellmon::http {

namespace {

/// A key is 16 bytes in base64: 22 characters and the padding.
constexpr std::size_t kKeyCharacters = 24;

constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kSha1Characters = 28;  ///< In base64.

bool is_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

bool is_key(std::string_view key) {
    return key.size() == kKeyCharacters && key.ends_with("==") &&
           std::all_of(key.begin(), key.end() - 2, is_base64);
}

std::string accept_value(std::string_view key) {
    std::string text(key);
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, kSha1Bytes> digest;
    const int hashed =
        EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    CELLMON_ASSERT(hashed == 1);
    std::array<unsigned char, kSha1Characters + 1> encoded;  // And a NUL.
    EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
    return {encoded.begin(), encoded.end() - 1};
}

}  // namespace

bool may_open_socket(std::string_view origin, std::string_view host) {
    const std::string page = host_of_origin(origin);
    return !page.empty() && (page == host_of(host) || is_this_machine(page));
}

std::optional<Response> refuse_handshake(const Request& request, bool connection_upgrade,
                                         const CorsPolicy& policy) {
    if (!connection_upgrade) {
        return error_response(400, "The header field Connection does not name Upgrade");
    }
    if (request.header("sec-websocket-version") != "13") {
        Response response = error_response(426, "The only version of WebSockets is 13");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
        return response;
    }
    if (!is_key(request.header("sec-websocket-key"))) {
        return error_response(400, "Sec-WebSocket-Key is not 16 bytes in base64");
    }
    const auto origin = request.headers.find("origin");
    // A policy for all pages is one for answers without a secret; a socket is not.
    const bool listed = origin && !policy.any_origin && policy.allows(*origin);
    if (origin && !listed && !may_open_socket(*origin, request.header("host"))) {
        return error_response(403, "Pages of this origin may not open a WebSocket here");
    }
    return std::nullopt;
}

Response accept_handshake(const Request& request) {
    Response response;
    response.status = 101;
    response.headers = {
        {"Upgrade", "websocket"},
        {"Connection", "Upgrade"},
        {"Sec-WebSocket-Accept", accept_value(request.header("sec-websocket-key"))}};
    return response;
}

Response upgrade_required() {
    Response response = error_response(426, "This resource is a WebSocket");
    response.headers = {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}};
    return response;
}

}  // namespace cellmon::http
