// WebSockets: those that open a session, and those that take the place of polling.
#include <utility>

#include "http/websocket_frame.hpp"
#include "socketio/hub.hpp"
#include "socketio/link.hpp"
#include "socketio/locked.hpp"
#include "socketio/refusals.hpp"

namespace cellmon::socketio {
namespace {

constexpr std::uint16_t kTryAgainLater = 1013;  ///< Close code.

}  // namespace

http::UpgradeDecision Hub::accept(const http::Request& request) {
    if (auto refused = refusal_of(request, "websocket")) return std::move(*refused);
    const auto sid = request.query_value("sid");
    auto refused = locked([&](Later& /*later*/) -> std::optional<http::Response> {
        if (!sid) return no_room(request.remote_address);
        const Entry* entry = find(std::string(*sid));
        if (entry == nullptr) return refusal(Refusal::unknown_session, "the session is over");
        if (entry->socket != nullptr || entry->probe != nullptr) {
            return refusal(Refusal::bad_request, "the session has a WebSocket already");
        }
        return std::nullopt;
    });
    if (refused) return std::move(*refused);
    return std::make_unique<Socket>(*this, std::string(sid.value_or("")), request.remote_address);
}

void Hub::opened(const std::shared_ptr<Link>& link, std::string& session, std::string address) {
    locked([&](Later& later) {
        if (!session.empty()) {
            Entry* entry = find(session);
            if (entry == nullptr || entry->socket != nullptr || entry->probe != nullptr) {
                return link->socket->close(http::kNormalClosure, "the session is over");
            }
            entry->probe = link;
            entry->probe_until_us = dependencies_.clock.steady_us() +
                                    std::chrono::microseconds(limits_.upgrade_timeout).count();
            return;
        }
        if (no_room(address)) return link->socket->close(kTryAgainLater, "too many sessions");
        Entry& entry = insert(std::move(address));
        session = entry.id;
        entry.socket = link;
        greet(entry, false);
        deliver(entry, later);
    });
}

void Hub::received(const std::shared_ptr<Link>& link, const std::string& session,
                   std::string_view text) {
    locked([&](Later& later) {
        Entry* entry = find(session);
        if (entry == nullptr) return;
        if (entry->probe == link) return received_by_probe(*entry, text, later);
        if (entry->socket != link) return;
        if (text.size() > limits_.max_payload) {
            return end(*entry, {http::kMessageTooBig, "larger than maxPayload"}, later);
        }
        const auto over = take(*entry, text, later);
        if (!over) return deliver(*entry, later);
        // The bytes of a binary packet lie behind it, for which the transport would close first.
        const auto code = over->reason.empty() ? http::kNormalClosure : http::kProtocolError;
        end(*entry, {code, over->reason, false, true}, later);
    });
}

void Hub::received_by_probe(Entry& entry, std::string_view text, Later& later) {
    if (text == kProbe && !entry.probed) {
        entry.probed = true;
        entry.probe->socket->send(http::text_frame(kProbeAnswer));
        if (entry.poll) answer_poll(entry, std::string(kNoopPacket), later);
    } else if (text == kUpgradePacket && entry.probed) {
        entry.socket = std::exchange(entry.probe, nullptr);
        entry.probed = false;
        entry.leaving ? end(entry, {}, later) : deliver(entry, later);
    } else {
        drop_probe(entry);
    }
}

/// The session goes on with polling.
void Hub::drop_probe(Entry& entry) {
    entry.probed = false;
    const auto link = std::exchange(entry.probe, nullptr);
    if (link == nullptr) return;
    dependencies_.post(link->thread, [link] {
        if (link->socket != nullptr) link->socket->close(http::kNormalClosure, "no upgrade");
    });
}

void Hub::closed(const std::shared_ptr<Link>& link, const std::string& session) {
    locked([&](Later& later) {
        Entry* entry = find(session);
        if (entry == nullptr) return;
        if (entry->socket == link) return end(*entry, {}, later);
        if (entry->probe == link) drop_probe(*entry);
    });
}

void Hub::send_soon(Entry& entry) {
    if (entry.socket->sending) return;
    entry.socket->sending = true;
    dependencies_.post(entry.socket->thread,
                       [this, link = entry.socket, id = entry.id] { send_output(*link, id); });
}

void Hub::send_output(Link& link, const std::string& session) {
    locked([&](Later& later) {
        link.sending = false;
        Entry* entry = find(session);
        // Whose socket is gone will be told so, or was.
        if (entry == nullptr || entry->socket.get() != &link || link.socket == nullptr) return;
        for (const SharedPacket& packet : entry->session.take_output()) {
            if (link.socket->queued_bytes() > limits_.queue_bytes) {
                ++too_slow_;
                return end(*entry, {kTooSlow, "too slow", true}, later);
            }
            link.socket->send(http::text_frame(*packet));
        }
    });
}

}  // namespace cellmon::socketio
