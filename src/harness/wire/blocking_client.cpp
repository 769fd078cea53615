#include "harness/wire/blocking_client.hpp"

#include <fmt/format.h>

#include "harness/wire/stream.hpp"

namespace cellmon::harness {

Result<Response> http_get(const Endpoint& endpoint, std::string_view path,
                          const Patience& patience) {
    CELLMON_TRY_ASSIGN(Stream stream, Stream::connect(endpoint, patience));
    CELLMON_TRY(stream.send(
        fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\n{}Accept: */*\r\nConnection: close\r\n\r\n",
                    endpoint.prefix, path, endpoint.authority, endpoint.credentials),
        patience));
    ResponseParser parser;
    auto state = ResponseParser::State::incomplete;
    while (state == ResponseParser::State::incomplete) {
        CELLMON_TRY_ASSIGN(const std::string bytes, stream.receive(patience));
        state = bytes.empty() ? parser.end_of_stream() : parser.feed(bytes);
    }
    if (state == ResponseParser::State::broken) {
        return fail(ErrorCode::unavailable,
                    fmt::format("{}: the answer is cut or not HTTP", endpoint.authority));
    }
    return std::move(parser.response());
}

}  // namespace cellmon::harness
