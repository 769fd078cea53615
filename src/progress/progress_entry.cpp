#include "progress/progress_entry.hpp"

#include <simdjson.h>

#include "event/json_object.hpp"

namespace cellmon::progress {
namespace {

constexpr std::string_view kReset = "progress_reset";
constexpr std::string_view kRead = "notification_read";

std::string_view text_of(simdjson::dom::object object, std::string_view key) {
    std::string_view text;
    return object[key].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace

std::string write_progress_entry(const ProgressEntry& entry) {
    std::string out;
    event::JsonObject object(out);
    const bool resets = entry.type == ProgressEntry::Type::reset;
    object.text("type", resets ? kReset : kRead);
    object.text("email", entry.email);
    if (!resets) object.text("notification", entry.notification);
    object.time("at", entry.at_us);
    object.end();
    return out;
}

Result<ProgressEntry> read_progress_entry(std::string_view payload) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(payload.data(), payload.size()).get_object().get(object) !=
        simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt, "an entry of the server is no JSON object");
    }
    ProgressEntry entry;
    const std::string_view type = text_of(object, "type");
    if (type != kReset && type != kRead) return entry;
    entry.type =
        type == kReset ? ProgressEntry::Type::reset : ProgressEntry::Type::notification_read;
    entry.email = text_of(object, "email");
    entry.notification = text_of(object, "notification");
    entry.at_us = parse_time(text_of(object, "at")).value_or(0);
    const bool named = entry.type == ProgressEntry::Type::reset || !entry.notification.empty();
    if (entry.email.empty() || !named) {
        return fail(ErrorCode::corrupt, "an entry about progress does not say whose");
    }
    return entry;
}

}  // namespace cellmon::progress
