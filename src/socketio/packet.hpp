#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::socketio {

// The texts of Engine.IO 4 and, inside its messages, of Socket.IO 5. Views into what was read.

enum class EngineType : char {
    open = '0',
    close = '1',
    ping = '2',
    pong = '3',
    message = '4',
    upgrade = '5',
    noop = '6',
};

struct EnginePacket {
    EngineType type = EngineType::noop;
    std::string_view data;
};

/// nullopt: empty, or of no type.
[[nodiscard]] std::optional<EnginePacket> read_engine_packet(std::string_view text);

/// Whether the text is bytes in base64, which only polling has.
[[nodiscard]] bool is_binary(std::string_view text);

/// The packets of one request of polling, an empty one where nothing stands between two
/// separators.
[[nodiscard]] std::vector<std::string_view> split_payload(std::string_view body);

/// Appends a packet to the body of an answer to polling.
void append_to_payload(std::string& body, std::string_view packet);

enum class Type : char {
    connect = '0',
    disconnect = '1',
    event = '2',
    ack = '3',
    connect_error = '4',
    binary_event = '5',
    binary_ack = '6',
};

/// The namespace of who asks for none.
inline constexpr std::string_view kMainSpace = "/";

struct Packet {
    Type type = Type::event;
    std::string_view space = kMainSpace;  ///< The namespace, without its query.
    std::optional<std::uint64_t> id;      ///< Of an acknowledgement that is asked for, or is one.
    std::string_view data;                ///< JSON, not looked at; may be empty.
};

/// Of the data of an EnginePacket; nullopt: of no type, or its numbers are none.
[[nodiscard]] std::optional<Packet> read_packet(std::string_view text);

struct Event {
    std::string name;
    std::string argument;  ///< The first one, as JSON; empty when there is none.
};

/// Of the data of a packet; nullopt: no JSON list that begins with a name.
[[nodiscard]] std::optional<Event> read_event(std::string_view json);
[[nodiscard]] bool is_json_object(std::string_view json);

// What the server says, as Engine.IO packets.

struct OpenPacket {
    std::string_view session;
    bool may_upgrade = false;
    std::chrono::milliseconds ping_interval;
    std::chrono::milliseconds ping_timeout;
    std::size_t max_payload = 0;
};
[[nodiscard]] std::string open_packet(const OpenPacket& open);
[[nodiscard]] std::string connected_packet(std::string_view socket_id);
[[nodiscard]] std::string connect_error_packet(std::string_view space, std::string_view message);
[[nodiscard]] std::string event_packet(std::string_view name, std::string_view argument);
[[nodiscard]] std::string ack_packet(std::uint64_t id, std::string_view argument);

inline constexpr std::string_view kDisconnectPacket = "41";
inline constexpr std::string_view kClosePacket = "1";
inline constexpr std::string_view kPingPacket = "2";
inline constexpr std::string_view kNoopPacket = "6";
inline constexpr std::string_view kUpgradePacket = "5";
inline constexpr std::string_view kProbe = "2probe";
inline constexpr std::string_view kProbeAnswer = "3probe";

}  // namespace cellmon::socketio
