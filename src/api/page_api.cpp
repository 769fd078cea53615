#include "api/page_api.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "api/accept.hpp"
#include "dashboard/assets.hpp"
#include "http/response.hpp"

namespace cellmon::api {
namespace {

constexpr std::string_view kWelcome = R"({"message":"Welcome to Cell Monitor"})";

/// Nothing but the page's own files and requests: a name that got in as markup could do nothing.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One form in which a file is sent.
struct Form {
    std::string tag;  ///< With its quotes.
    std::shared_ptr<const std::string> body;
};

struct File {
    std::string content_type;
    Form plain;
    Form gzip;
};

File file_of(const dashboard::Asset& asset) {
    return {std::string(asset.content_type),
            {fmt::format(R"("{}")", asset.tag), std::make_shared<const std::string>(asset.bytes)},
            {fmt::format(R"("{}-gzip")", asset.tag),
             std::make_shared<const std::string>(asset.gzip_bytes)}};
}

http::Response file_answer(const File& file, const http::Request& request) {
    const bool gzip = accepts_gzip(request.header("Accept-Encoding"));
    const Form& form = gzip ? file.gzip : file.plain;
    http::Response response;
    response.headers = {{"ETag", form.tag},
                        // To be kept, and asked for with the tag each time: after an update of the
                        // server its page is the new one.
                        {"Cache-Control", "no-cache"},
                        {"Vary", "Accept-Encoding"}};
    if (lists_tag(request.header("If-None-Match"), form.tag)) {
        response.status = 304;
        return response;
    }
    response.content_type = file.content_type;
    response.body = form.body;
    if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
}

http::Response welcome() {
    http::Response response = http::json_response(200, std::string(kWelcome));
    response.headers.emplace_back("Vary", "Accept");
    return response;
}

http::Response page_answer(const File& file, const http::Request& request) {
    http::Response response = file_answer(file, request);
    response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
    return response;
}

/// `/`: a page for browsers, the welcome for programs.
http::Response front_page(const File& file, const http::Request& request) {
    if (!prefers_html(request.header("Accept"))) return welcome();
    http::Response response = page_answer(file, request);
    response.headers.emplace_back("Vary", "Accept");
    return response;
}

}  // namespace

void add_page_routes(http::Router& router) {
    for (const dashboard::Asset& asset : dashboard::assets()) {
        const bool is_page = asset.content_type.starts_with("text/html");
        const auto make = asset.path == "/" ? front_page : is_page ? page_answer : file_answer;
        router.add(
            http::Method::get, asset.path,
            [make, file = file_of(asset)](http::Request&& request, http::Responder responder) {
                responder.send(make(file, request));
            });
    }
}

}  // namespace cellmon::api
