#include "socketio/packet.hpp"

#include <algorithm>
#include <charconv>

#include <simdjson.h>

#include "event/json_object.hpp"

namespace cellmon::socketio {
namespace {

using event::append_json_string;
using event::JsonObject;

constexpr char kSeparator = '\x1e';

bool is_digit(char c) {
    return '0' <= c && c <= '9';
}

/// Takes the digits at the front; false when they are too many for a number.
bool take_number(std::string_view& text, std::optional<std::uint64_t>& number) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (digits.empty()) return true;
    std::uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc()) return false;
    number = value;
    text.remove_prefix(digits.size());
    return true;
}

/// Takes `/name,` or a `/name` that is all there is.
std::string_view take_space(std::string_view& text) {
    if (!text.starts_with('/')) return kMainSpace;
    const auto comma = text.find(',');
    const std::string_view space = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return space.substr(0, space.find('?'));
}

std::string space_prefix(std::string_view space) {
    return space == kMainSpace ? std::string() : std::string(space) + ',';
}

}  // namespace

std::optional<EnginePacket> read_engine_packet(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
    return EnginePacket{static_cast<EngineType>(text.front()), text.substr(1)};
}

bool is_binary(std::string_view text) {
    return text.starts_with('b');
}

std::vector<std::string_view> split_payload(std::string_view body) {
    std::vector<std::string_view> packets;
    for (;;) {
        const auto end = body.find(kSeparator);
        packets.push_back(body.substr(0, end));
        if (end == std::string_view::npos) return packets;
        body.remove_prefix(end + 1);
    }
}

void append_to_payload(std::string& body, std::string_view packet) {
    if (!body.empty()) body += kSeparator;
    body += packet;
}

std::optional<Packet> read_packet(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
    Packet packet;
    packet.type = static_cast<Type>(text.front());
    text.remove_prefix(1);
    if (packet.type == Type::binary_event || packet.type == Type::binary_ack) {
        std::optional<std::uint64_t> attachments;
        if (!take_number(text, attachments) || !attachments || !text.starts_with('-')) {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
    packet.space = take_space(text);
    if (!take_number(text, packet.id)) return std::nullopt;
    packet.data = text;
    return packet;
}

std::optional<Event> read_event(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    if (parser.parse(json.data(), json.size()).get_array().get(list) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    std::string_view name;
    if (list.at(0).get_string().get(name) != simdjson::SUCCESS) return std::nullopt;
    Event event{std::string(name), {}};
    simdjson::dom::element argument;
    if (list.at(1).get(argument) == simdjson::SUCCESS) event.argument = simdjson::minify(argument);
    return event;
}

bool is_json_object(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    return parser.parse(json.data(), json.size()).get_object().get(object) == simdjson::SUCCESS;
}

std::string open_packet(const OpenPacket& open) {
    std::string packet = "0";
    std::string json;
    JsonObject object(json);
    object.text("sid", open.session);
    object.key("upgrades");
    json += open.may_upgrade ? R"(["websocket"])" : "[]";
    object.number("pingInterval", static_cast<std::uint64_t>(open.ping_interval.count()));
    object.number("pingTimeout", static_cast<std::uint64_t>(open.ping_timeout.count()));
    object.number("maxPayload", open.max_payload);
    object.end();
    return packet + json;
}

std::string connected_packet(std::string_view socket_id) {
    std::string json;
    JsonObject object(json);
    object.text("sid", socket_id);
    object.end();
    return "40" + json;
}

std::string connect_error_packet(std::string_view space, std::string_view message) {
    std::string json;
    JsonObject object(json);
    object.text("message", message);
    object.end();
    return "44" + space_prefix(space) + json;
}

std::string event_packet(std::string_view name, std::string_view argument) {
    std::string packet = "42[";
    append_json_string(packet, name);
    packet += ',';
    packet += argument;
    packet += ']';
    return packet;
}

std::string ack_packet(std::uint64_t id, std::string_view argument) {
    std::string packet = "43" + std::to_string(id) + '[';
    packet += argument;
    packet += ']';
    return packet;
}

}  // namespace cellmon::socketio
