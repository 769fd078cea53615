// Any bytes as the body of a request of polling: no crash, every view lies within the body, the
// packets joined again are the body, and what a session queues has its bounds.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/assert.hpp"
#include "socketio/session.hpp"

namespace {

using namespace cellmon::socketio;

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

void check_packet(std::string_view text) {
    const auto engine = read_engine_packet(text);
    if (!engine) return;
    CELLMON_ASSERT(engine->data.size() + 1 == text.size());
    const auto packet = read_packet(engine->data);
    if (!packet) return;
    CELLMON_ASSERT(packet->space.starts_with('/'));
    CELLMON_ASSERT(packet->space == "/" || lies_in(packet->space, text));
    CELLMON_ASSERT(lies_in(packet->data, text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const Limits limits{.queue_messages = 8};
    Session session(limits, 0);
    std::string joined;
    bool first = true;
    bool over = false;
    for (const std::string_view text : split_payload(body)) {
        check_packet(text);
        if (!first) joined += '\x1e';
        joined += text;
        first = false;
        if (over) continue;
        const auto demand = session.take(text, 1);
        over = std::holds_alternative<Session::End>(demand);
        if (std::holds_alternative<Session::Join>(demand)) CELLMON_ASSERT(session.admit("id"));
        if (const auto* call = std::get_if<Session::Call>(&demand)) {
            // What it says again is an event of the same name.
            const auto again = event_packet(call->event.name, call->event.argument);
            if (!call->event.argument.empty()) {
                const auto event = read_event(std::string_view(again).substr(2));
                CELLMON_ASSERT(event && event->name == call->event.name);
            }
        }
    }
    CELLMON_ASSERT(joined == body);
    CELLMON_ASSERT(session.take_output().size() <= limits.queue_messages);
    return 0;
}
