// Sessions: who opens, polls and sends; what goes out; how they end.
#include "socketio/hub.hpp"

#include <type_traits>
#include <utility>

#include "base/thread.hpp"
#include "http/utf8.hpp"
#include "http/websocket_frame.hpp"
#include "socketio/link.hpp"
#include "socketio/locked.hpp"
#include "socketio/refusals.hpp"

namespace cellmon::socketio {
namespace {

constexpr std::chrono::milliseconds kTickInterval{500};

std::string payload_of(const std::deque<SharedPacket>& packets) {
    std::string body;
    for (const SharedPacket& packet : packets)
        append_to_payload(body, *packet);
    return body;
}

}  // namespace

Hub::Hub(Limits limits, Dependencies dependencies)
    : limits_(limits), dependencies_(std::move(dependencies)), places_(limits.address_sessions) {}

Hub::~Hub() {
    stop();
}

void Hub::start() {
    ticker_ = std::jthread([this](const std::stop_token& stop) {
        set_thread_name("socketio");
        while (!stop.stop_requested()) {
            tick();
            rest(kTickInterval, stop);
        }
    });
}

void Hub::stop() {
    ticker_ = std::jthread();
    locked([this](Later& later) {
        stopped_ = true;
        while (!entries_.empty())
            end(*entries_.begin()->second, {http::kGoingAway, "the server stops"}, later);
    });
}

std::optional<http::Response> Hub::refusal_of(const http::Request& request,
                                              std::string_view transport) {
    const auto named = request.query_value("transport");
    if (named != "polling" && named != "websocket") {
        return refusal(Refusal::unknown_transport, "transport is polling or websocket");
    }
    if (request.query_value("EIO") != "4") {
        return refusal(Refusal::unsupported_version, "EIO is 4");
    }
    if (named != transport) {
        return refusal(Refusal::bad_request,
                       "a WebSocket begins with its handshake, polling without");
    }
    return std::nullopt;
}

void Hub::get(const http::Request& request, http::Responder responder) {
    if (auto refused = refusal_of(request, "polling")) return responder.send(std::move(*refused));
    if (request.method != http::Method::get) {
        return responder.send(refusal(Refusal::bad_method, "polling is GET and POST"));
    }
    const auto sid = request.query_value("sid");
    auto answer = sid ? poll(std::string(*sid), responder) : open_polling(request);
    if (answer) responder.send(std::move(*answer));
}

std::optional<http::Response> Hub::open_polling(const http::Request& request) {
    return locked([&](Later& /*later*/) -> std::optional<http::Response> {
        if (auto refused = no_room(request.remote_address)) return refused;
        Entry& entry = insert(request.remote_address);
        greet(entry, true);
        return http::text_response(200, payload_of(entry.session.take_output()));
    });
}

/// The answer, unless it waits: then `responder` is taken.
std::optional<http::Response> Hub::poll(const std::string& session, http::Responder& responder) {
    return locked([&](Later& later) -> std::optional<http::Response> {
        Entry* entry = find(session);
        if (entry == nullptr) return refusal(Refusal::unknown_session, "the session is over");
        if (entry->socket != nullptr) {
            return refusal(Refusal::bad_request, "the session has gone on to its WebSocket");
        }
        if (entry->poll) {
            end(*entry, {http::kProtocolError, "two polls at once"}, later);
            return refusal(Refusal::bad_request, "two polls at once; the session is over");
        }
        if (entry->session.has_output()) {
            std::string body = payload_of(entry->session.take_output());
            if (entry->leaving) end(*entry, {}, later);
            return http::text_response(200, std::move(body));
        }
        // Its client waits for the end of this one before it goes on to the WebSocket.
        if (entry->probed) return http::text_response(200, std::string(kNoopPacket));
        entry->poll = std::move(responder);
        return std::nullopt;
    });
}

void Hub::post(const http::Request& request, http::Responder responder) {
    if (auto refused = refusal_of(request, "polling")) return responder.send(std::move(*refused));
    const auto sid = request.query_value("sid");
    if (!sid) {
        return responder.send(refusal(Refusal::bad_method, "a session is opened by GET"));
    }
    if (request.body.size() > limits_.max_payload) {
        return responder.send(http::error_response(413, "The body is larger than maxPayload"));
    }
    responder.send(locked([&](Later& later) -> http::Response {
        Entry* entry = find(std::string(*sid));
        if (entry == nullptr) return refusal(Refusal::unknown_session, "the session is over");
        if (entry->socket != nullptr) {
            return refusal(Refusal::bad_request, "the session has gone on to its WebSocket");
        }
        if (entry->leaving) return refusal(Refusal::bad_request, "the session is over");
        return take_body(*entry, request.body, later);
    }));
}

http::Response Hub::take_body(Entry& entry, std::string_view body, Later& later) {
    std::optional<Session::End> over;
    if (!http::is_utf8(body)) over = Session::End{"the body is not UTF-8"};
    if (!over) {
        for (const std::string_view packet : split_payload(body)) {
            over = take(entry, packet, later);
            if (over) break;
        }
    }
    if (over && over->is_told) {
        // A client that is refused a request looks at nothing else any more.
        end_when_told(entry, {http::kProtocolError, over->reason}, later);
        return http::text_response(200, "ok");
    }
    const bool is_fault = over && !over->reason.empty();
    http::Response answer =
        is_fault ? refusal(Refusal::bad_request, over->reason) : http::text_response(200, "ok");
    over ? end(entry, {http::kProtocolError, over->reason}, later) : deliver(entry, later);
    return answer;
}

std::optional<Session::End> Hub::take(Entry& entry, std::string_view packet, Later& later) {
    auto demand = entry.session.take(packet, dependencies_.clock.steady_us());
    if (auto* over = std::get_if<Session::End>(&demand)) return std::move(*over);
    Application& application = dependencies_.application;
    if (auto* join = std::get_if<Session::Join>(&demand)) {
        later.emplace_back([&application, id = entry.id, join = std::move(*join),
                            address = entry.address]() mutable {
            application.joining(id, std::move(join), address);
        });
    } else if (auto* call = std::get_if<Session::Call>(&demand)) {
        later.emplace_back([&application, id = entry.id, call = std::move(*call)]() mutable {
            application.called(id, std::move(call));
        });
    } else if (std::holds_alternative<Session::Leave>(demand)) {
        later.emplace_back([&application, id = entry.id] { application.left(id); });
    }
    return std::nullopt;
}

bool Hub::admit(const std::string& session) {
    return locked([&](Later& later) {
        Entry* entry = find(session);
        // The id that others may know is not the one that lets in.
        if (entry == nullptr || entry->leaving) return false;
        if (!entry->session.admit(dependencies_.random.id().to_string())) return false;
        deliver(*entry, later);
        return true;
    });
}

void Hub::refuse(const std::string& session, std::string_view why) {
    locked([&](Later& later) {
        Entry* entry = find(session);
        if (entry == nullptr || entry->leaving) return;
        later.emplace_back([this, session] { dependencies_.application.left(session); });
        if (const auto over = entry->session.refuse(why)) {
            return end(*entry, {http::kProtocolError, over->reason}, later);
        }
        deliver(*entry, later);
    });
}

void Hub::tell(const std::string& session, std::string packet) {
    locked([&](Later& later) {
        Entry* entry = find(session);
        if (entry == nullptr || entry->leaving || !entry->session.joined()) return;
        entry->session.queue(std::move(packet));
        deliver(*entry, later);
    });
}

void Hub::tell_all(std::string packet) {
    tell_others({}, std::move(packet));
}

void Hub::tell_others(const std::string& session, std::string packet) {
    const auto shared = std::make_shared<const std::string>(std::move(packet));
    locked([&](Later& later) {
        for (auto next = entries_.begin(); next != entries_.end();) {
            Entry& entry = *(next++)->second;  // It may end here.
            if (!entry.session.joined() || entry.leaving || entry.id == session) continue;
            entry.session.queue(shared);
            deliver(entry, later);
        }
    });
}

void Hub::disconnect(const std::string& session) {
    locked([&](Later& later) {
        Entry* entry = find(session);
        if (entry == nullptr || entry->leaving) return;
        entry->session.queue(std::string(kDisconnectPacket));
        end_when_told(*entry, {http::kNormalClosure, "disconnected"}, later);
    });
}

void Hub::tick() {
    const std::int64_t now_us = dependencies_.clock.steady_us();
    locked([&](Later& later) {
        for (auto next = entries_.begin(); next != entries_.end();) {
            Entry& entry = *(next++)->second;
            if (entry.probe != nullptr && now_us >= entry.probe_until_us) drop_probe(entry);
            if (const auto over = entry.session.tick(now_us)) {
                ++dead_;
                end(entry, {http::kNormalClosure, over->reason}, later);
            } else {
                deliver(entry, later);
            }
        }
    });
}

std::optional<http::Response> Hub::no_room(std::string_view address) {
    if (stopped_) return http::unavailable_response("The server stops");
    const bool is_full = entries_.size() >= limits_.sessions;
    if (!is_full && places_.has_place(address)) return std::nullopt;
    ++full_;
    return http::unavailable_response(
        is_full ? "There are too many sessions of Socket.IO; try again"
                : "There are too many sessions of Socket.IO from this address; try again");
}

Hub::Entry& Hub::insert(std::string address) {
    std::string id = dependencies_.random.id().to_string();
    auto place = places_.take(address);
    auto entry = std::make_unique<Entry>(id, limits_, dependencies_.clock.steady_us(),
                                         std::move(address), std::move(place));
    return *entries_.emplace(std::move(id), std::move(entry)).first->second;
}

Hub::Entry* Hub::find(const std::string& session) {
    const auto found = entries_.find(session);
    return found == entries_.end() ? nullptr : found->second.get();
}

void Hub::greet(Entry& entry, bool may_upgrade) {
    entry.session.queue(open_packet(
        {entry.id, may_upgrade, limits_.ping_interval, limits_.ping_timeout, limits_.max_payload}));
}

/// Sends what waits as soon as its client can take it. Behind this the entry may be gone.
void Hub::deliver(Entry& entry, Later& later) {
    if (entry.session.too_slow()) {
        ++too_slow_;
        return end(entry, {kTooSlow, "too slow", true}, later);
    }
    if (!entry.session.has_output()) return;
    if (entry.socket != nullptr) return send_soon(entry);
    if (entry.poll) answer_poll(entry, payload_of(entry.session.take_output()), later);
}

void Hub::answer_poll(Entry& entry, std::string body, Later& later) {
    later.emplace_back(
        [responder = std::exchange(entry.poll, std::nullopt), body = std::move(body)]() mutable {
            responder->send(http::text_response(200, std::move(body)));
        });
}

/// Waits for the next poll where nothing else reaches the client.
void Hub::end_when_told(Entry& entry, const Closing& closing, Later& later) {
    if (entry.socket != nullptr || entry.poll) return end(entry, closing, later);
    entry.leaving = true;
    if (!entry.session.asked()) return;
    later.emplace_back([this, session = entry.id] { dependencies_.application.left(session); });
}

/// The entry is gone behind this.
void Hub::end(Entry& entry, const Closing& closing, Later& later) {
    auto output = entry.session.take_output();
    if (entry.poll) {
        // Who is disconnected closes by itself, when it has looked at what came before.
        const bool is_told = !output.empty() && *output.back() == kDisconnectPacket;
        if (!is_told) output.push_back(std::make_shared<const std::string>(kClosePacket));
        answer_poll(entry, payload_of(output), later);
    }
    drop_probe(entry);
    if (entry.socket != nullptr) {
        auto close = [link = entry.socket, output = std::move(output), closing] {
            if (link->socket == nullptr) return;
            if (closing.drop_unsent) link->socket->drop_unsent();
            for (const SharedPacket& packet : output)
                link->socket->send(http::text_frame(*packet));
            link->socket->close(closing.code, closing.reason);
        };
        closing.at_once ? close() : dependencies_.post(entry.socket->thread, std::move(close));
    }
    if (entry.session.asked() && !entry.leaving) {
        later.emplace_back([this, session = entry.id] { dependencies_.application.left(session); });
    }
    entries_.erase(std::string(entry.id));
}

std::size_t Hub::sessions() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::vector<telemetry::MetricFamily> Hub::metrics() const {
    const auto count = [](const std::atomic<std::uint64_t>& value) {
        return static_cast<double>(value.load());
    };
    telemetry::MetricFamily ended{"cellmon_socketio_ended_total",
                                  "Sessions of Socket.IO that the server ended",
                                  telemetry::MetricKind::counter,
                                  {}};
    ended.samples = {{{{"why", "too_slow"}}, count(too_slow_), {}},
                     {{{"why", "dead"}}, count(dead_), {}}};
    return {telemetry::gauge("cellmon_socketio_sessions", "Sessions of Socket.IO",
                             static_cast<double>(sessions())),
            std::move(ended),
            telemetry::counter("cellmon_socketio_refused_total",
                               "Sessions of Socket.IO for which there was no room", count(full_))};
}

}  // namespace cellmon::socketio
