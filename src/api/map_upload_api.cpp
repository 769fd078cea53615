// A new map of the classroom out of an image that somebody sends (contract §3.9).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "api/class_visit.hpp"
#include "api/form.hpp"
#include "api/map_json.hpp"
#include "api/map_routes.hpp"
#include "api/row_json.hpp"
#include "classroom/limits.hpp"
#include "classroom/maps.hpp"

namespace cellmon::api {
namespace {

using classroom::Map;
using http::Request;
using http::Responder;
using http::Response;

constexpr std::size_t kMostFileBytes = 10U << 20U;

struct Upload {
    const http::FormPart* file = nullptr;
    std::optional<std::string> uploaded_by;
};

/// The last part of a path, of this system or of Windows.
std::string_view base_name(std::string_view path) {
    return path.substr(path.find_last_of("/\\") + 1);
}

bool has_known_ending(std::string_view name) {
    constexpr std::array kEndings =
        std::to_array<std::string_view>({".jpg", ".jpeg", ".png", ".webp"});
    return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) {
        return name.size() > ending.size() &&
               http::equal_ignoring_case(name.substr(name.size() - ending.size()), ending);
    });
}

tl::expected<Upload, Response> read_upload(const Form& form) {
    Issues issues;
    Upload upload;
    upload.file = form.file("file", issues);
    upload.uploaded_by = form.line("uploaded_by", classroom::kMapAuthor, issues);
    if (issues.any()) return tl::unexpected(issues.refusal());
    const std::string_view name = base_name(*upload.file->filename);
    if (!has_known_ending(name)) {
        return tl::unexpected(
            http::error_response(400, "Unsupported file format: use .jpg, .jpeg, .png or .webp"));
    }
    if (upload.file->content.size() > kMostFileBytes) {
        return tl::unexpected(http::error_response(
            400, fmt::format("File of {} bytes exceeds maximum allowed size of {}",
                             upload.file->content.size(), kMostFileBytes)));
    }
    return upload;
}

/// As people see it in lists: what is no part of a line is gone.
std::string shown_name(std::string_view name) {
    std::string shown;
    std::size_t characters = 0;
    for (const char c : base_name(name)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xc0U) != 0x80U && ++characters > classroom::kMapFilename.most) break;
        shown += byte < 0x20 || byte == 0x7f ? '_' : c;
    }
    return shown;
}

tl::expected<std::string, Response> convert(const MapParts& parts, std::string_view content) {
    auto jpeg = parts.converter.convert(content);
    if (jpeg) return std::move(*jpeg);
    const Error& error = jpeg.error();
    switch (error.code) {
        case ErrorCode::corrupt:
        case ErrorCode::limit:
            parts.log.warn("an image that was sent as a map was given up: {}", error.message);
            [[fallthrough]];
        case ErrorCode::invalid:
            return tl::unexpected(
                http::error_response(400, fmt::format("Invalid image: {}", error.message)));
        default:
            parts.log.error("an image that was sent as a map was not read: {}", error.message);
            return tl::unexpected(http::unavailable_response("The image cannot be read now"));
    }
}

RowAnswer store_map(Visit& visit, Map map, std::string_view jpeg) {
    if (!map.uploaded_by && visit.caller() != nullptr) {
        map.uploaded_by = visit.caller()->account.email;
    }
    CELLMON_TRY_ASSIGN(const auto id, classroom::add_map(visit.connection, map, jpeg, visit.now));
    CELLMON_TRY(visit.note("map.upload", fmt::format("map {}", id),
                           fmt::format("{}, {} bytes", *map.original_filename, jpeg.size())));
    return answered(
        http::json_response(200, RowJson()
                                     .truth("success", true)
                                     .text("message", "Classroom map uploaded successfully")
                                     .put("map_id", id)
                                     .text("image_url", image_url(map))
                                     .end()));
}

Response upload(const MapParts& parts, const Request& request) {
    const auto form = Form::of(request);
    if (!form) return form.error();
    const auto sent = read_upload(*form);
    if (!sent) return sent.error();
    const auto jpeg = convert(parts, sent->file->content);
    if (!jpeg) return jpeg.error();
    Map map;
    map.image_filename = fmt::format("classroom_map_{}.jpg", parts.random.id().to_string());
    map.original_filename = shown_name(*sent->file->filename);
    map.uploaded_by = sent->uploaded_by;
    return transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
        CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, request, parts.clock.now_us()));
        return store_map(visit, map, *jpeg);
    });
}

}  // namespace

void add_map_upload_routes(http::Router& router, const MapParts& parts) {
    Mount mount(router, parts);
    mount(http::Method::post, "/api/v1/classroom/map/upload",
          [](const MapParts& given, Request&& request, Responder responder) {
              answer_on(given.images, std::move(request), std::move(responder),
                        [&given](const Request& asked) { return upload(given, asked); });
          });
}

}  // namespace cellmon::api
