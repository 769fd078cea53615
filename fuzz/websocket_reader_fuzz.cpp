// Any bytes, as they come from a client: no crash, no memory beyond the limit of a message, and the
// same messages whether the bytes come at once or cut. The first byte says how long the pieces are.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/assert.hpp"
#include "http/websocket_reader.hpp"

namespace {

using namespace cellmon;
using namespace cellmon::http;
using Kind = WebSocketInput::Kind;

constexpr std::size_t kMessageBytes = 300;

void check(const WebSocketInput& input) {
    const std::string_view payload = input.payload;
    if (input.kind == Kind::text) {
        CELLMON_ASSERT(payload.size() <= kMessageBytes);
        CELLMON_ASSERT(simdjson::validate_utf8(payload.data(), payload.size()));
    }
    if (input.kind == Kind::ping || input.kind == Kind::pong) CELLMON_ASSERT(payload.size() <= 125);
    if (input.kind == Kind::failed) CELLMON_ASSERT(!payload.empty() && payload.size() <= 123);
}

/// All that is told, in a form that can be compared.
std::string read(std::string_view bytes, std::size_t piece_bytes) {
    WebSocketReader reader(kMessageBytes);
    std::string told;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        while (true) {
            const WebSocketInput input = reader.next(piece);
            if (input.kind == Kind::nothing) break;
            check(input);
            told += static_cast<char>('a' + static_cast<int>(input.kind));
            told += std::to_string(input.code) + ":" + std::to_string(input.payload.size()) + ":";
            told += input.payload;
        }
        CELLMON_ASSERT(piece.empty());
    }
    return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::string whole = read(bytes, std::max<std::size_t>(bytes.size(), 1));
    CELLMON_ASSERT(read(bytes, 1) == whole);
    CELLMON_ASSERT(read(bytes, 1 + data[0] % 32U) == whole);
    return 0;
}
