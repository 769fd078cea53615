// The images of maps. Whoever knows the name of one may see it: a page cannot send a token for an
// image. The name is a random UUID, told to those who may see the map, and gone with the map.
#include <fmt/format.h>

#include "api/accept.hpp"
#include "api/class_visit.hpp"
#include "api/map_routes.hpp"
#include "base/id128.hpp"
#include "classroom/maps.hpp"
#include "http/response_head.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

/// The UUID in a name that this server has made; nullopt for any other name.
std::optional<std::string> uuid_of(std::string_view filename) {
    constexpr std::string_view kFront = "classroom_map_";
    constexpr std::string_view kBack = ".jpg";
    if (!filename.starts_with(kFront) || !filename.ends_with(kBack) ||
        filename.size() < kFront.size() + kBack.size()) {
        return std::nullopt;
    }
    filename.remove_prefix(kFront.size());
    filename.remove_suffix(kBack.size());
    const auto id = Id128::parse(filename);
    if (!id || id->to_string() != filename) return std::nullopt;
    return id->to_string();
}

RowAnswer answer(Visit& visit, const std::string& tag, bool as_attachment) {
    const std::string& filename = visit.request.path_value("filename");
    const bool has_it = lists_tag(visit.request.header("if-none-match"), tag);
    CELLMON_TRY_ASSIGN(auto image, classroom::find_image(visit.connection, filename, !has_it));
    if (!image) return refused(404, "Image not found");
    Response response;
    response.status = has_it ? 304 : 200;
    response.content_type = "image/jpeg";
    response.body = std::move(image->content);
    response.headers = {{"ETag", tag},
                        {"Last-Modified", http::http_date(image->uploaded_us)},
                        {"Cache-Control", "private, max-age=31536000, immutable"},
                        {"Content-Security-Policy", "default-src 'none'; sandbox"}};
    if (as_attachment) {
        response.headers.emplace_back("Content-Disposition",
                                      fmt::format("attachment; filename=\"{}\"", filename));
    }
    return answered(std::move(response));
}

void serve(const MapParts& parts, Request&& request, Responder responder, bool as_attachment) {
    const auto uuid = uuid_of(request.path_value("filename"));
    if (!uuid) return responder.send(http::error_response(404, "Image not found"));
    look(parts, std::move(request), std::move(responder),
         [tag = '"' + *uuid + '"', as_attachment](Visit& visit) {
             return answer(visit, tag, as_attachment);
         });
}

}  // namespace

void add_map_image_routes(http::Router& router, const MapParts& parts) {
    Mount mount(router, parts);
    mount(http::Method::get, "/static/maps/{filename}",
          [](const MapParts& given, Request&& request, Responder responder) {
              serve(given, std::move(request), std::move(responder), false);
          });
    mount(http::Method::get, "/api/v1/classroom/map/image/{filename}",
          [](const MapParts& given, Request&& request, Responder responder) {
              serve(given, std::move(request), std::move(responder), true);
          });
}

}  // namespace cellmon::api
