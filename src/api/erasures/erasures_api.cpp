#include "api/erasures/erasures_api.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/body_fields.hpp"
#include "api/class_input.hpp"
#include "api/refusals.hpp"
#include "api/row_answer.hpp"
#include "erasure/request.hpp"
#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using erasure::Request;
using erasure::Tombstone;

/// What both kinds say; `left` is empty for one that is done.
template <typename Erasure>
void append_erasure(std::string& json, const Erasure& erasure, std::string_view state,
                    TimeUs done_us, const std::vector<std::string_view>& left) {
    event::JsonObject object(json);
    object.text("id", erasure.id.to_string());
    object.text("state", state);
    object.time("asked_at", erasure.asked_us);
    object.time("done_at", done_us);
    object.number("payloads", erasure.payloads);
    object.number("mentions", erasure.mentions);
    object.key("left");
    json += '[';
    for (const std::string_view step : left) {
        if (json.back() != '[') json += ',';
        event::append_json_string(json, step);
    }
    json += ']';
    object.end();
}

std::string json_of(const Request& request) {
    std::vector<std::string_view> left;
    for (std::size_t step = 0; step < erasure::kSteps; ++step) {
        const auto one = static_cast<erasure::Step>(step);
        if (!request.done.contains(one)) left.push_back(name_of(one));
    }
    std::string json;
    append_erasure(json, request, request.done.empty() ? "asked" : "waiting", 0, left);
    return json;
}

std::string json_of(const Tombstone& tombstone) {
    std::string json;
    append_erasure(json, tombstone, "done", tombstone.done_us, {});
    return json;
}

http::Response not_kept(const Error& error) {
    return http::error_response(503, fmt::format("Erasures cannot be kept: {}", error.message));
}

http::Response list(const ErasureParts& parts) {
    const erasure::Requests requests(parts.files, parts.data);
    auto done = requests.done();
    if (!done) return not_kept(done.error());
    const auto pending = requests.pending();
    if (!pending) return not_kept(pending.error());
    std::string json = "[";
    const auto append = [&json](const auto& all) {
        for (const auto& one : all)
            json += (json.back() == '[' ? "" : ",") + json_of(one);
    };
    // One that a restore has asked for again is not done any more.
    std::erase_if(*done, [&](const Tombstone& one) {
        return std::ranges::any_of(*pending, [&](const Request& r) { return r.id == one.id; });
    });
    append(*done);
    append(*pending);
    return http::json_response(200, json + ']');
}

http::Response ask(const ErasureParts& parts, const http::Request& request) {
    auto fields = row_fields(request);
    if (!fields) return std::move(fields).error();
    const auto email = fields->student_email("email", BodyFields::Presence::required);
    if (!fields->ok()) return fields->refusal();
    const TimeUs now = parts.clock.now_us();
    return transact(parts.database, [&](sql::Connection& connection) -> RowAnswer {
        erasure::Requests requests(parts.files, parts.data);
        auto asked = requests.ask(*email, parts.random, now);
        if (!asked && asked.error().code == ErrorCode::invalid) {
            return refused(422, asked.error().message);
        }
        if (!asked) return refused(not_kept(asked.error()));
        CELLMON_TRY(note(connection, request, "student.erase",
                         fmt::format("erasure {}", asked->id.to_string()), "", now));
        return answered(http::json_response(202, json_of(*asked)));
    });
}

}  // namespace

void add_erasure_routes(http::Router& router, const ErasureParts& given) {
    const auto parts = std::make_shared<const ErasureParts>(given);
    constexpr std::string_view kPath = "/api/v1/admin/erasures";
    router.add(http::Method::get, kPath,
               [parts](http::Request&& request, http::Responder responder) {
                   answer_on(parts->rows, std::move(request), std::move(responder),
                             [parts](const http::Request&) { return list(*parts); });
               });
    router.add(http::Method::post, kPath,
               [parts](http::Request&& request, http::Responder responder) {
                   answer_on(parts->rows, std::move(request), std::move(responder),
                             [parts](const http::Request& asked) { return ask(*parts, asked); });
               });
}

}  // namespace cellmon::api
