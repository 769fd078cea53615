#include "api/gate.hpp"

#include <memory>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "api/access_table.hpp"
#include "api/refusals.hpp"
#include "base/assert.hpp"
#include "http/response.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

/// A request on its way through the gate, and the duty to answer it.
struct Passage {
    Request request;
    Responder responder;
};

/// The token of a request, or the refusal of contract §1.5. A browser cannot give a WebSocket a
/// header field, so there it may stand in the query (§4.3).
tl::expected<std::string, Response> token_of(const Request& request) {
    constexpr std::string_view kScheme = "Bearer";
    std::string_view field = request.header("authorization");
    if (field.empty() && !request.header("upgrade").empty()) {
        if (const auto token = request.query_value("token")) return std::string(*token);
    }
    const auto blank = field.find(' ');
    const std::string_view scheme = field.substr(0, blank);
    const std::string_view token =
        blank == std::string_view::npos ? std::string_view() : field.substr(blank + 1);
    if (scheme.empty() || token.empty()) {
        return tl::unexpected(http::error_response(403, "Not authenticated"));
    }
    if (!http::equal_ignoring_case(scheme, kScheme)) {
        return tl::unexpected(http::error_response(403, "Invalid authentication credentials"));
    }
    return std::string(token);
}

}  // namespace

http::Handler Gate::guard(http::Method method, std::string_view pattern, http::Handler next) {
    const Access* access = access_of(method, pattern);
    CELLMON_ASSERT(access != nullptr);  // A new route says who may use it before it is served.
    if (access->need == Need::ingest) {
        return [this, next = std::move(next)](Request&& request, Responder responder) {
            if (auto refusal = dependencies_.keys.check(request)) {
                return responder.send(std::move(*refusal));
            }
            next(std::move(request), std::move(responder));
        };
    }
    const bool required = mode_ == auth::Mode::required;
    const bool asks = access->need == Need::account ||
                      ((access->need == Need::token || access->need == Need::name) && required);
    const bool looks = asks || access->need == Need::name;
    if (!looks) return next;
    const auto shared_next = std::make_shared<const http::Handler>(std::move(next));
    return [this, access, asks, look = look_at(method, pattern), shared_next](Request&& request,
                                                                              Responder responder) {
        if (!asks && request.header("authorization").empty()) {
            return (*shared_next)(std::move(request), std::move(responder));
        }
        auto token = token_of(request);
        if (!token) return responder.send(std::move(token).error());
        auto passage = std::make_shared<Passage>(Passage{std::move(request), std::move(responder)});
        const bool queued = dependencies_.worker.post([this, access, look, shared_next, passage,
                                                       token = std::move(*token)] {
            auto caller = dependencies_.logins.caller_of(token, passage->request.remote_address);
            if (!caller) return passage->responder.send(store_refusal(caller.error()));
            if (!*caller)
                return passage->responder.send(
                    unauthorized("Could not validate "
                                 "credentials"));
            if ((*caller)->account.role < access->least) {
                return passage->responder.send(not_allowed());
            }
            if (access->need == Need::token || look != nullptr) {
                const auto known = dependencies_.sights.refresh_for(**caller);
                if (!known) return passage->responder.send(store_refusal(known.error()));
            }
            passage->request.principal = std::make_shared<const auth::Caller>(std::move(**caller));
            dependencies_.threads.post(passage->responder.thread(), [this, look, shared_next,
                                                                     passage] {
                try {
                    Responder noting = noted(look, passage->request, std::move(passage->responder));
                    (*shared_next)(std::move(passage->request), std::move(noting));
                } catch (...) {
                    // Nobody else would catch it here. The Responder has answered 500 by now.
                }
            });
        });
        if (!queued)
            passage->responder.send(http::unavailable_response("too many requests at once"));
    };
}

Responder Gate::noted(const Look* look, const Request& request, Responder responder) {
    // What students see is their own.
    if (look == nullptr || caller_of(request).account.role == classroom::Role::student) {
        return responder;
    }
    return std::move(responder).watched([this, look, principal = request.principal,
                                         subject = subject_of(*look, request)](unsigned status) {
        // 101: a handshake, which watch() notes when it has opened something.
        constexpr unsigned kHandshake = 101;
        constexpr unsigned kFirstRefusal = 400;
        if (status == kHandshake || status >= kFirstRefusal) return;
        const auto& caller = *static_cast<const auth::Caller*>(principal.get());
        dependencies_.looks.note(caller, *look, subject);
    });
}

http::UpgradeHandler Gate::watch(std::string_view pattern, http::UpgradeHandler next) {
    const Look* look = look_at(http::Method::get, pattern);
    return [this, look, next = std::move(next)](const Request& request) {
        http::UpgradeDecision decision = next(request);
        auto* session = std::get_if<std::unique_ptr<http::WebSocketSession>>(&decision);
        if (session != nullptr && request.principal != nullptr) {
            if (look != nullptr) {
                dependencies_.looks.note(caller_of(request), *look, subject_of(*look, request));
            }
            *session =
                dependencies_.sockets.watch(caller_of(request).token_id, std::move(*session));
        }
        return decision;
    };
}

const auth::Caller& caller_of(const Request& request) {
    const auth::Caller* caller = caller_if_any(request);
    CELLMON_ASSERT(caller != nullptr);
    return *caller;
}

const auth::Caller* caller_if_any(const Request& request) {
    return static_cast<const auth::Caller*>(request.principal.get());
}

}  // namespace cellmon::api
