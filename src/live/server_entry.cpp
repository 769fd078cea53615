#include "live/server_entry.hpp"

#include <simdjson.h>

#include "event/text.hpp"

namespace cellmon::live {
namespace {

constexpr std::string_view kDismissHelp = "dismiss_help";
constexpr std::string_view kResolveError = "resolve_error";

std::string_view text_of(simdjson::dom::object object, std::string_view key) {
    std::string_view text;
    return object[key].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace

std::string write_server_entry(const ServerEntry& entry) {
    std::string out = R"({"type":)";
    event::append_json_string(
        out, entry.type == ServerEntryType::dismiss_help ? kDismissHelp : kResolveError);
    out += R"(,"email":)";
    event::append_json_string(out, entry.email);
    out += R"(,"at":")";
    event::append_time(out, entry.at_us);
    out += R"(","through":")";
    event::append_time(out, entry.through_us);
    out += R"("})";
    return out;
}

Result<ServerEntry> read_server_entry(std::string_view payload) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(payload.data(), payload.size()).get_object().get(object) !=
        simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt, "an entry of the server is no JSON object");
    }
    ServerEntry entry;
    const std::string_view type = text_of(object, "type");
    if (type != kDismissHelp && type != kResolveError) return entry;
    entry.type =
        type == kDismissHelp ? ServerEntryType::dismiss_help : ServerEntryType::resolve_error;
    entry.email = text_of(object, "email");
    const auto at = parse_time(text_of(object, "at"));
    if (entry.email.empty() || !at) {
        return fail(ErrorCode::corrupt, "an entry of the server names no student or no time");
    }
    entry.at_us = *at;
    entry.through_us = parse_time(text_of(object, "through")).value_or(*at);
    return entry;
}

}  // namespace cellmon::live
