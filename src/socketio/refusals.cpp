#include "socketio/refusals.hpp"

#include "event/json_object.hpp"

namespace cellmon::socketio {
namespace {

std::string_view message_of(Refusal why) {
    switch (why) {
        case Refusal::unknown_transport:
            return "Transport unknown";
        case Refusal::unknown_session:
            return "Session ID unknown";
        case Refusal::bad_method:
            return "Bad handshake method";
        case Refusal::bad_request:
            return "Bad request";
        case Refusal::unsupported_version:
            break;
    }
    return "Unsupported protocol version";
}

}  // namespace

http::Response refusal(Refusal why, std::string_view detail) {
    std::string json;
    event::JsonObject object(json);
    object.number("code", static_cast<std::uint64_t>(why));
    object.text("message", message_of(why));
    object.text("detail", detail);
    object.end();
    return http::json_response(400, std::move(json));
}

}  // namespace cellmon::socketio
