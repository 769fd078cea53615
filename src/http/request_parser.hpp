#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// With sanitizers g++ 12 takes an empty boost::optional in Beast for an uninitialised one.
#pragma GCC diagnostic push
#ifndef __clang__  // Which does not know the warning.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/beast/http/basic_parser.hpp>
#pragma GCC diagnostic pop

#include "http/request.hpp"

namespace cellmon::http {

/// Takes the bytes of a body as they arrive.
class BodySink {
  public:
    virtual ~BodySink() = default;

    /// False stops the parser with error::body_limit; the sink knows why.
    virtual bool take_body(std::string_view bytes) = 0;
};

/// Beast's parser, writing into a Request. Internal: only connection.cpp includes Beast.
class RequestParser final : public boost::beast::http::basic_parser<true> {
  public:
    RequestParser(Request& request, BodySink& sink, std::size_t header_bytes);

    /// Facts that are cheaper to note while the fields pass than to look up afterwards.
    struct Facts {
        bool http_1_0 = false;
        bool host = false;
        bool cookie = false;
        bool origin = false;
        bool expect_continue = false;
        bool content_encoding = false;
        bool websocket = false;              ///< Upgrade names it.
        bool odd_transfer_encoding = false;  ///< Something other than exactly `chunked`.
    };
    [[nodiscard]] const Facts& facts() const { return facts_; }

  private:
    using Verb = boost::beast::http::verb;
    using Field = boost::beast::http::field;
    using Text = boost::beast::string_view;
    using ErrorCode = boost::beast::error_code;

    void on_request_impl(Verb verb, Text method, Text target, int version,
                         ErrorCode& error) override;
    void on_response_impl(int, Text, int, ErrorCode&) override {}
    void on_field_impl(Field field, Text name, Text value, ErrorCode& error) override;
    void on_header_impl(ErrorCode&) override { in_header_ = false; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(Text body, ErrorCode& error) override;
    void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t remain, Text body, ErrorCode& error) override;
    void on_finish_impl(ErrorCode&) override {}

    Request& request_;
    BodySink& sink_;
    Facts facts_;
    bool in_header_ = true;  ///< Trailer fields come later; nobody needs them.
};

}  // namespace cellmon::http
