#include "http/request_parser.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace cellmon::http {

RequestParser::RequestParser(Request& request, BodySink& sink, std::size_t header_bytes)
    : request_(request), sink_(sink) {
    header_limit(static_cast<std::uint32_t>(header_bytes));
    body_limit(boost::none);  // The connection counts, because it answers.
    eager(false);             // Stops behind the header, where the connection decides.
}

void RequestParser::on_request_impl(Verb /*verb*/, Text method, Text target, int version,
                                    ErrorCode& /*error*/) {
    request_.method = method_of(method);
    request_.target = target;
    facts_.http_1_0 = version < 11;
}

void RequestParser::on_field_impl(Field field, Text name, Text value, ErrorCode& error) {
    if (!in_header_) return;
    switch (field) {
        case Field::host:
            // Two hosts are a request that two programs may understand differently (RFC 9112, 3.2).
            if (facts_.host) error = boost::beast::http::error::bad_value;
            facts_.host = true;
            break;
        case Field::cookie:
            facts_.cookie = true;
            break;
        case Field::origin:
            facts_.origin = true;
            break;
        case Field::expect:
            facts_.expect_continue = boost::beast::iequals(value, "100-continue");
            break;
        case Field::content_encoding:
            facts_.content_encoding = true;
            break;
        case Field::upgrade:
            if (boost::beast::http::token_list(value).exists("websocket")) facts_.websocket = true;
            break;
        case Field::transfer_encoding:
            facts_.odd_transfer_encoding = !boost::beast::iequals(value, "chunked");
            break;
        default:
            break;
    }
    request_.headers.add(name, value);
}

std::size_t RequestParser::on_body_impl(Text body, ErrorCode& error) {
    if (!sink_.take_body(body)) error = boost::beast::http::error::body_limit;
    return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t /*remain*/, Text body,
                                              ErrorCode& error) {
    return on_body_impl(body, error);
}

}  // namespace cellmon::http
