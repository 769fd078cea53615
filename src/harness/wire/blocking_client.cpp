#include "harness/wire/blocking_client.hpp"

#include <string>

#include <fmt/format.h>

#include "harness/wire/stream.hpp"

namespace cellmon::harness {
namespace {

Result<Response> exchange(const Endpoint& endpoint, std::string_view request,
                          const Patience& patience) {
    CELLMON_TRY_ASSIGN(Stream stream, Stream::connect(endpoint, patience));
    CELLMON_TRY(stream.send(request, patience));
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

}  // namespace

Result<Response> http_get(const Endpoint& endpoint, std::string_view path,
                          const Patience& patience) {
    return exchange(
        endpoint,
        fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\n{}Accept: */*\r\nConnection: close\r\n\r\n",
                    endpoint.prefix, path, endpoint.authority, endpoint.credentials),
        patience);
}

Result<Response> http_send(const Endpoint& endpoint, std::string_view path, const HttpBody& body,
                           const Patience& patience) {
    return exchange(
        endpoint,
        fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n{}Accept: */*\r\nContent-Type: "
                    "{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                    body.method, endpoint.prefix, path, endpoint.authority, endpoint.credentials,
                    body.content_type, body.bytes.size(), body.bytes),
        patience);
}

}  // namespace cellmon::harness
