#include "harness/sockets/handshake.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/assert.hpp"

namespace cellmon::harness {
namespace {

template <std::size_t kBytes>
std::string base64(const std::array<std::uint8_t, kBytes>& bytes) {
    std::array<unsigned char, (kBytes + 2) / 3 * 4 + 1> encoded;  // And a NUL.
    EVP_EncodeBlock(encoded.data(), bytes.data(), static_cast<int>(kBytes));
    return {encoded.begin(), encoded.end() - 1};
}

std::string accept_of(const std::string& key) {
    constexpr std::size_t kSha1Bytes = 20;
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<std::uint8_t, kSha1Bytes> digest;
    const int hashed =
        EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    CELLMON_ASSERT(hashed == 1);
    return base64(digest);
}

/// The value of a header field; empty when there is none.
std::string field_of(std::string_view head, std::string_view name) {
    for (auto end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n")) {
        head.remove_prefix(end + 2);
        const auto line = head.substr(0, head.find("\r\n"));
        const auto colon = line.find(':');
        if (colon != name.size()) continue;
        const bool same = std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
            return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
        });
        if (!same) continue;
        const auto value = line.substr(colon + 1);
        const auto from = value.find_first_not_of(" \t");
        if (from == std::string_view::npos) return {};
        return std::string(value.substr(from, value.find_last_not_of(" \t") - from + 1));
    }
    return {};
}

}  // namespace

Result<SocketTarget> SocketTarget::parse(std::string_view url) {
    constexpr std::string_view kScheme = "ws://";
    const auto slash = url.find('/', kScheme.size());
    if (!url.starts_with(kScheme) || slash == std::string_view::npos) {
        return fail(
            ErrorCode::invalid,
            fmt::format("the URL must be like ws://127.0.0.1:8000/api/v1/live, not {}", url));
    }
    SocketTarget target;
    const auto server = url.substr(kScheme.size(), slash - kScheme.size());
    CELLMON_TRY_ASSIGN(target.endpoint, Endpoint::parse(fmt::format("http://{}", server)));
    target.path = url.substr(slash);
    return target;
}

Handshake::Handshake(const SocketTarget& target, const Id128& key)
    : request_(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}Connection: Upgrade\r\n"
                           "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: {}\r\n\r\n",
                           target.path, target.endpoint.authority, target.endpoint.credentials,
                           base64(key.bytes))),
      accept_(accept_of(base64(key.bytes))) {}

Handshake::State Handshake::feed(std::string_view bytes) {
    answer_ += bytes;
    const std::string_view answer = answer_;
    const auto end = answer.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (answer.size() > kMaxAnswerBytes) return refuse("an answer without an end");
        return State::incomplete;
    }
    const auto head = answer.substr(0, end);
    if (!head.starts_with("HTTP/1.1 101")) {
        return refuse(std::string(head.substr(0, head.find("\r\n"))));
    }
    if (field_of(head, "sec-websocket-accept") != accept_) {
        return refuse("Sec-WebSocket-Accept does not answer the key");
    }
    rest_ = answer.substr(end + 4);
    return State::open;
}

Handshake::State Handshake::refuse(std::string reason) {
    reason_ = std::move(reason);
    return State::refused;
}

}  // namespace cellmon::harness
