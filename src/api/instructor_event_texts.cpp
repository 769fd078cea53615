#include "api/instructor_event_texts.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/body_fields.hpp"
#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using event::JsonObject;
using Presence = BodyFields::Presence;

constexpr classroom::TextLimit kStatus{0, 64};
constexpr classroom::TextLimit kLocation{0, 255};
constexpr classroom::TextLimit kHelpType{1, 64};
constexpr std::string_view kGeneralHelp = "general";

FaultyMessage fault_of(const BodyFields& fields) {
    const Issues::First& first = fields.first_fault();
    return {first.place + ": " + first.message};
}

ClientEvent read_status(BodyFields& fields) {
    const auto name = fields.line("status", Presence::required, kStatus);
    StatusSaid said;
    said.location = fields.nullable_text("location", kLocation).value;
    if (!fields.ok()) return fault_of(fields);
    const auto status = classroom::status_of(*name);
    if (!status) return FaultyMessage{"Invalid status: " + *name};
    said.update.status = *status;
    return said;
}

ClientEvent read_help(BodyFields& fields) {
    HelpRequest request;
    request.student_id = fields.reference("student_id").value_or("");
    request.student_name =
        fields.line("student_name", Presence::required, classroom::kStudentName).value_or("");
    request.seat_number = fields.reference("seat_number").value_or("");
    request.help_type =
        fields.line("help_type", Presence::optional, kHelpType).value_or(std::string(kGeneralHelp));
    if (!fields.ok()) return fault_of(fields);
    return request;
}

}  // namespace

ClientEvent read_client_event(std::string_view name, std::string_view argument) {
    const bool is_status = name == "instructor_status_update";
    if (!is_status && name != "student_help_request") {
        return FaultyMessage{"Unknown event: " + std::string(name)};
    }
    auto fields = BodyFields::parse_message(argument);
    if (!fields) return FaultyMessage{"The event has no object"};
    return is_status ? read_status(*fields) : read_help(*fields);
}

std::optional<std::string> token_in(std::string_view auth) {
    auto fields = BodyFields::parse_message(auth);
    const auto value = fields ? fields->any("token", Presence::optional) : std::nullopt;
    std::string_view token;
    if (!value || value->get_string().get(token) != simdjson::SUCCESS) return std::nullopt;
    const bool is_blank = token.find_first_not_of(" \t\r\n") == std::string_view::npos;
    return is_blank ? std::string() : std::string(token);
}

std::string joined_json(const classroom::Account& account, std::int64_t took_us) {
    std::string json;
    JsonObject object(json);
    object.number("instructor_id", static_cast<std::uint64_t>(account.id));
    object.text("instructor_name", account.name);
    object.text("status", "connected");
    object.key("auth_duration");
    constexpr double kSecond = kSecondUs;
    json += fmt::format("{:.6f}", static_cast<double>(took_us) / kSecond);
    object.end();
    return json;
}

std::string status_said_json(const classroom::Account& account,
                             const std::optional<std::string>& location, TimeUs now) {
    std::string json;
    JsonObject object(json);
    object.number("instructor_id", static_cast<std::uint64_t>(account.id));
    object.text("instructor_name", account.name);
    object.text("status", name_of(account.status));
    location ? object.text("location", *location) : object.null("location");
    object.time("timestamp", now);
    object.end();
    return json;
}

std::string help_request_json(const HelpRequest& request, TimeUs now) {
    std::string json;
    JsonObject object(json);
    object.key("student_id");
    json += request.student_id;
    object.text("student_name", request.student_name);
    object.key("seat_number");
    json += request.seat_number;
    object.text("help_type", request.help_type);
    object.time("timestamp", now);
    object.end();
    return json;
}

std::string event_error_json(std::string_view event, std::string_view why) {
    std::string json;
    JsonObject object(json);
    object.text("event", event);
    object.text("message", why);
    object.end();
    return json;
}

std::string outcome_json(const std::string* why) {
    std::string json;
    JsonObject object(json);
    object.boolean("ok", why == nullptr);
    if (why != nullptr) object.text("message", *why);
    object.end();
    return json;
}

}  // namespace cellmon::api
