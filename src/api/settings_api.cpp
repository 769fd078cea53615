// Settings that an admin changes while the server runs (contract §3.11).
#include "api/settings_api.hpp"

#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/row_json.hpp"
#include "api/setting_values.hpp"
#include "classroom/limits.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

using classroom::known_setting;
using classroom::KnownSetting;
using classroom::Setting;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::string_view kValue = "new_value";
constexpr std::string_view kErrorThreshold = "consecutive_error_threshold";
constexpr std::size_t kShownInLog = 200;  ///< Bytes of a value in the audit log.

std::string setting_subject(const Setting& row) {
    return "setting " + row.key;
}

http::Response missing_setting(std::string_view key) {
    return http::error_response(404, fmt::format("Setting '{}' not found", key));
}

/// The key in the path; the error is the answer for one that no row can have.
tl::expected<std::string, Response> setting_key(const Request& request) {
    const std::string& key = request.path_value("setting_key");
    if (classroom::fits(key, classroom::kSettingKey)) return key;
    return tl::unexpected(http::error_response(404, "Setting not found"));
}

/// As it is shown: where nobody has chosen, with what the server was started with.
Setting shown(Setting row, const SettingsParts& parts) {
    const KnownSetting* known = known_setting(row.key);
    if (row.is_default && known != nullptr) row.value = known->text_of(parts.defaults);
    return row;
}

std::string list_json(const std::vector<Setting>& rows, const SettingsParts& parts) {
    std::string json = R"({"settings":[)";
    for (const Setting& row : rows) {
        if (json.back() != '[') json += ',';
        json += RowJson()
                    .text("setting_key", row.key)
                    .text("setting_value", shown(row, parts).value)
                    .text("setting_type", row.type)
                    .put("description", row.description)
                    .truth("is_active", true)
                    .offset_time("updated_at", row.updated_us)
                    .end();
    }
    return json + "]}";
}

void list_settings(const SettingsParts& parts, Request&& request, Responder responder) {
    look(parts, std::move(request), std::move(responder), [&parts](Visit& visit) -> RowAnswer {
        CELLMON_TRY_ASSIGN(const auto rows, classroom::list_settings(visit.connection));
        return content_answer(visit, list_json(rows, parts));
    });
}

void read_setting(const SettingsParts& parts, Request&& request, Responder responder) {
    auto key = setting_key(request);
    if (!key) return responder.send(std::move(key).error());
    look(parts, std::move(request), std::move(responder),
         [&parts, key = std::move(*key)](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto row, classroom::find_setting(visit.connection, key));
             if (!row) return refused(missing_setting(key));
             const TypedValue value = typed_value(shown(*row, parts));
             return content_answer(visit, RowJson()
                                              .text("setting_key", row->key)
                                              .json("value", value.json)
                                              .text("type", value.type)
                                              .end());
         });
}

/// Puts the value of the body into the row; the error is the answer.
tl::expected<void, Response> choose(BodyFields& fields, Setting& row) {
    const KnownSetting* known = known_setting(row.key);
    const auto value = fields.any(kValue, Presence::required);
    if (!value) return tl::unexpected(fields.refusal());
    if (known != nullptr && value->is_null()) {
        row.is_default = true;  // What the server is started with holds again.
        return {};
    }
    auto text = known != nullptr ? stored_text(fields, kValue, *known)
                                 : stored_text(fields, kValue, row.type);
    if (!text && row.key == kErrorThreshold) {
        return tl::unexpected(
            http::error_response(400, fmt::format("{} must be an integer between {} and {}",
                                                  row.key, known->least, known->most)));
    }
    if (!text) return tl::unexpected(fields.refusal());
    row.value = std::move(*text);
    row.is_default = false;
    return {};
}

std::string change_text(const Setting& before, const Setting& after) {
    return fmt::format("{} -> {}", event::cut_utf8(before.value, kShownInLog),
                       event::cut_utf8(after.value, kShownInLog));
}

/// Tells of a change, once it is committed.
template <typename Work>
void change_settings(const SettingsParts& parts, Request&& request, Responder responder,
                     Work work) {
    change(parts, std::move(request), std::move(responder), std::move(work),
           [&parts](const Response& answer) {
               if (answer.status == 200) parts.changed();
           });
}

void update_setting(const SettingsParts& parts, Request&& request, Responder responder) {
    auto key = setting_key(request);
    if (!key) return responder.send(std::move(key).error());
    auto fields = row_fields(request);
    if (!fields) return responder.send(std::move(fields).error());
    change_settings(
        parts, std::move(request), std::move(responder),
        [&parts, key = std::move(*key),
         fields = std::move(*fields)](Visit& visit) mutable -> RowAnswer {
            CELLMON_TRY_ASSIGN(auto row, classroom::find_setting(visit.connection, key));
            if (!row) return refused(missing_setting(key));
            const Setting before = shown(*row, parts);
            if (auto chosen = choose(fields, *row); !chosen) return refused(chosen.error());
            CELLMON_TRY(classroom::store_setting(visit.connection, *row, visit.now));
            *row = shown(std::move(*row), parts);
            CELLMON_TRY(
                visit.note("setting.update", setting_subject(*row), change_text(before, *row)));
            const std::string setting = RowJson()
                                            .text("setting_key", row->key)
                                            .text("setting_value", row->value)
                                            .text("setting_type", row->type)
                                            .offset_time("updated_at", visit.now)
                                            .end();
            return answered(
                http::json_response(200, RowJson()
                                             .text("message", "Setting updated successfully")
                                             .json("setting", setting)
                                             .end()));
        });
}

tl::expected<Setting, Response> setting_of(const Request& request) {
    auto fields = row_fields(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Setting row;
    row.key = fields->line("setting_key", Presence::required, classroom::kSettingKey).value_or("");
    row.type =
        fields->line("setting_type", Presence::required, classroom::kSettingType).value_or("");
    if (const auto value = fields->any("setting_value", Presence::required)) {
        // A text, whatever the type: a number is none (§1.3).
        const auto text = fields->nullable_text("setting_value", classroom::kSettingValue).value;
        if (value->is_null()) {
            fields->refuse("setting_value", "string_type", "Input should be a valid string");
        } else if (text) {
            row.value = stored_text(*fields, "setting_value", row.type, *text).value_or("");
        }
    }
    const auto description = fields->nullable_text("description", classroom::kSettingDescription);
    if (description.given && !description.value) {
        fields->refuse("description", "string_type", "Input should be a valid string");
    }
    row.description = description.value;
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    return row;
}

void create_setting(const SettingsParts& parts, Request&& request, Responder responder) {
    auto read = setting_of(request);
    if (!read) return responder.send(std::move(read).error());
    change_settings(
        parts, std::move(request), std::move(responder),
        [row = std::move(*read)](Visit& visit) -> RowAnswer {
            const auto added = classroom::add_setting(visit.connection, row, visit.now);
            CELLMON_ROWS(added, ErrorCode::already_exists,
                         refused(400, fmt::format("Setting '{}' already exists", row.key)));
            CELLMON_ROWS(added, ErrorCode::limit,
                         refused(400, fmt::format("There are {} settings, and no more may be",
                                                  classroom::kMostSettings)));
            CELLMON_TRY(visit.note("setting.create", setting_subject(row),
                                   std::string(event::cut_utf8(row.value, kShownInLog))));
            const std::string setting = RowJson()
                                            .text("setting_key", row.key)
                                            .text("setting_value", row.value)
                                            .text("setting_type", row.type)
                                            .put("description", row.description)
                                            .end();
            return answered(
                http::json_response(200, RowJson()
                                             .text("message", "Setting created successfully")
                                             .json("setting", setting)
                                             .end()));
        });
}

void error_status(const SettingsParts& parts, Request&& /*request*/, Responder responder) {
    const classroom::AlertSettings now = parts.current();
    responder.send(http::json_response(
        200, RowJson()
                 .put("consecutive_error_threshold", now.consecutive_error_threshold)
                 .truth("error_detection_enabled", now.error_detection_enabled)
                 .put("cache_ttl_seconds", now.cache_ttl_seconds)
                 .text("status", now.error_detection_enabled ? "active" : "disabled")
                 .end()));
}

}  // namespace

void add_settings_routes(http::Router& router, const SettingsParts& parts) {
    Mount mount(router, parts);
    mount(Method::get, "/api/v1/admin/settings", list_settings);
    mount(Method::post, "/api/v1/admin/settings", create_setting);
    mount(Method::get, "/api/v1/admin/settings/{setting_key}", read_setting);
    mount(Method::put, "/api/v1/admin/settings/{setting_key}", update_setting);
    mount(Method::get, "/api/v1/admin/consecutive-error-status", error_status);
}

}  // namespace cellmon::api
