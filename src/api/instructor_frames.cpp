#include "api/instructor_frames.hpp"

#include <utility>

#include <fmt/format.h>

#include "api/body_fields.hpp"
#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using event::JsonObject;
using Presence = BodyFields::Presence;

constexpr classroom::TextLimit kType{0, 64};
constexpr classroom::TextLimit kStatusText{0, 64};
constexpr classroom::TextLimit kTimestamp{0, 64};

FaultyMessage frame_fault(const BodyFields& fields) {
    const Issues::First& first = fields.first_fault();
    return {first.place + ": " + first.message};
}

ClientFrame read_status_update(BodyFields& fields) {
    const auto name = fields.line("status", Presence::required, kStatusText);
    StatusUpdate update;
    update.session_id = fields.integer("session_id", Presence::optional);
    if (!fields.ok()) return frame_fault(fields);
    const auto status = classroom::status_of(*name);
    if (!status) return FaultyMessage{"Invalid status: " + *name};
    update.status = *status;
    return update;
}

std::string read_text(BodyFields& fields) {
    auto text = fields.nullable_text("message", kInstructorMessage);
    if (!text.value && fields.ok()) fields.refuse("message", "missing", "Field required");
    return std::move(text.value).value_or("");
}

ClientFrame read_student_message(BodyFields& fields, bool is_reply) {
    StudentMessage message;
    message.is_reply = is_reply;
    message.student_id = fields.reference("student_id").value_or("");
    message.message = read_text(fields);
    message.timestamp = fields.nullable_text("timestamp", kTimestamp).value;
    if (!fields.ok()) return frame_fault(fields);
    return message;
}

ClientFrame read_instructor_message(BodyFields& fields) {
    InstructorMessage message;
    message.target_id = fields.id("target_instructor_id", Presence::required).value_or(0);
    message.message = read_text(fields);
    message.timestamp = fields.nullable_text("timestamp", kTimestamp).value;
    if (!fields.ok()) return frame_fault(fields);
    return message;
}

/// As the sender had it, else when it came.
void put_timestamp(JsonObject& object, const std::optional<std::string>& timestamp, TimeUs now) {
    timestamp ? object.text("timestamp", *timestamp) : object.time("timestamp", now);
}

void put_id(JsonObject& object, std::string_view name, std::int64_t id) {
    object.number(name, static_cast<std::uint64_t>(id));
}

}  // namespace

ClientFrame read_client_frame(std::string_view text) {
    auto fields = BodyFields::parse_message(text);
    if (!fields) return Gibberish{};
    const auto type = fields->line("type", Presence::required, kType);
    if (!fields->ok()) return frame_fault(*fields);
    if (*type == "status_update") return read_status_update(*fields);
    if (*type == "student_message") return read_student_message(*fields, false);
    if (*type == "instructor_reply") return read_student_message(*fields, true);
    if (*type == "instructor_to_instructor") return read_instructor_message(*fields);
    return FaultyMessage{"Unknown message type: " + *type};
}

std::string connection_success_json(std::int64_t instructor_id, TimeUs now) {
    std::string json;
    JsonObject object(json);
    object.text("type", "connection_success");
    put_id(object, "instructor_id", instructor_id);
    object.time("connected_at", now);
    object.text("message", "Connected");
    object.end();
    return json;
}

std::string error_json(std::string_view message) {
    std::string json;
    JsonObject object(json);
    object.text("type", "error");
    object.text("message", message);
    object.end();
    return json;
}

std::string status_frame_json(std::string_view type, const classroom::Account& account) {
    std::string json;
    JsonObject object(json);
    object.text("type", type);
    put_id(object, "instructor_id", account.id);
    object.text("status", name_of(account.status));
    if (account.current_session_id) {
        put_id(object, "session_id", *account.current_session_id);
    } else {
        object.null("session_id");
    }
    object.time("updated_at", account.status_updated_us);
    object.end();
    return json;
}

std::string receipt_json(const StudentMessage& message, TimeUs now) {
    std::string json;
    JsonObject object(json);
    object.text("type", message.is_reply ? "reply_sent" : "student_message_received");
    object.key("student_id");
    json += message.student_id;
    object.text("message", message.message);
    put_timestamp(object, message.timestamp, now);
    object.time(message.is_reply ? "sent_at" : "received_at", now);
    object.end();
    return json;
}

std::string instructor_message_json(const InstructorMessage& message, std::int64_t from_id,
                                    TimeUs now) {
    std::string json;
    JsonObject object(json);
    object.text("type", "instructor_message_received");
    put_id(object, "from_instructor_id", from_id);
    object.text("message", message.message);
    put_timestamp(object, message.timestamp, now);
    object.time("received_at", now);
    object.end();
    return json;
}

std::string student_news_json(const live::Change& change, TimeUs now) {
    const live::StudentView& view = change.now->view;
    const bool asked = change.before && change.before->view.asks_help;
    const auto is_stuck = [](const live::StudentView& one) {
        return one.status == live::Status::significant_error;
    };
    const bool was_stuck = change.before && is_stuck(change.before->view);
    const bool help_changed = asked != view.asks_help;
    if (!help_changed && (was_stuck || !is_stuck(view))) return {};

    std::string json;
    JsonObject object(json);
    object.text("type", !help_changed    ? "error_alert"
                        : view.asks_help ? "help_request"
                                         : "help_resolved");
    object.text("emailAddress", view.email);
    object.optional_text("userName", view.name);
    object.optional_text("teamName", view.team);
    object.optional_text("notebookPath", view.notebook);
    object.optional_text("cellId", view.cell_id);
    if (!help_changed) {
        object.number("consecutiveErrorCount", view.consecutive_errors);
        object.time("timestamp", view.status_since_us);
        object.text("severity", "high");
    } else if (view.asks_help) {
        object.time("timestamp", view.help_since_us);
        object.text("priority", "urgent");
    } else {
        object.time("timestamp", now);
    }
    object.end();
    return json;
}

}  // namespace cellmon::api
