#include "api/account_json.hpp"

#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using event::JsonObject;

void put_number(JsonObject& object, std::string_view name, std::optional<std::int64_t> number) {
    if (!number) return object.null(name);
    object.number(name, static_cast<std::uint64_t>(*number));
}

void put_time(JsonObject& object, std::string& json, std::string_view name,
              std::optional<TimeUs> time) {
    if (!time) return object.null(name);
    object.key(name);
    json += '"';
    json += format_time(*time);
    json += '"';
}

}  // namespace

void append_instructor(std::string& json, const classroom::Account& account) {
    JsonObject object(json);
    object.text("email", account.email);
    object.text("name", account.name);
    object.text("role", name_of(account.role));
    put_number(object, "id", account.id);
    object.boolean("is_active", account.is_active);
    object.text("status", name_of(account.status));
    put_number(object, "current_session_id", account.current_session_id);
    put_time(object, json, "status_updated_at", account.status_updated_us);
    put_time(object, json, "last_login_at", account.last_login_us);
    put_time(object, json, "created_at", account.created_us);
    put_time(object, json, "updated_at", account.updated_us);
    object.end();
}

std::string instructor_json(const classroom::Account& account) {
    std::string json;
    append_instructor(json, account);
    return json;
}

std::string instructors_json(const std::vector<classroom::Account>& accounts) {
    std::string json = "[";
    for (const classroom::Account& account : accounts) {
        if (json.size() > 1) json += ',';
        append_instructor(json, account);
    }
    return json + ']';
}

std::string token_json(const auth::Issued& issued) {
    std::string json;
    JsonObject object(json);
    object.text("access_token", issued.access_token);
    object.text("token_type", "bearer");
    put_number(object, "expires_in", issued.expires_in_s);
    object.text("refresh_token", issued.refresh_token);
    object.end();
    return json;
}

std::string status_json(const classroom::Account& account) {
    std::string json;
    JsonObject object(json);
    put_number(object, "instructor_id", account.id);
    object.text("status", name_of(account.status));
    put_number(object, "current_session_id", account.current_session_id);
    put_time(object, json, "status_updated_at", account.status_updated_us);
    object.end();
    return json;
}

std::string history_json(const std::vector<classroom::StatusPeriod>& periods) {
    std::string json = "[";
    for (const classroom::StatusPeriod& period : periods) {
        if (json.size() > 1) json += ',';
        JsonObject object(json);
        put_number(object, "id", period.id);
        put_number(object, "instructor_id", period.instructor_id);
        object.text("status", name_of(period.status));
        put_number(object, "session_id", period.session_id);
        put_time(object, json, "started_at", period.started_us);
        put_time(object, json, "ended_at", period.ended_us);
        put_number(object, "duration_minutes", period.duration_minutes);
        object.end();
    }
    return json + ']';
}

std::string message_json(std::string_view text) {
    std::string json;
    JsonObject object(json);
    object.text("message", text);
    object.end();
    return json;
}

}  // namespace cellmon::api
