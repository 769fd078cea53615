#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"
#include "http/responder.hpp"
#include "http/websocket.hpp"

namespace cellmon::http {

/// Answers a request now or later through the Responder. Called on the connection's I/O thread and
/// must not block it. An exception that leaves it is answered 500.
using Handler = std::function<void(Request&&, Responder)>;

/// What stands at a pattern for WebSockets.
struct UpgradeRoute {
    UpgradeHandler handler;

    /// When there is one it is asked first, as any handler: an answer of 101 lets the handshake go
    /// on, any other is sent.
    Handler guard;
};

/// Puts a check in front of a handler: what is called in its place, `next` itself when there is
/// nothing to check. `next` is to be called on the connection's I/O thread.
using Guard = std::function<Handler(Method method, std::string_view pattern, Handler next)>;

/// Stands around what opens WebSockets at a pattern.
using Sessions = std::function<UpgradeHandler(std::string_view pattern, UpgradeHandler next)>;

/// Finds the handler of a method and path. Filled before the server starts, then read by all
/// threads.
///
/// A pattern is a path whose segments may be `{name}` (one segment, not empty) and whose last may
/// be
/// `{name...}` (the rest, slashes included, not empty). A literal segment wins over a parameter, a
/// parameter over the rest. Patterns and paths are compared in their canonical form
/// (http/path.hpp), so a trailing slash and a doubled `/api/v1/v1/` do not matter.
class Router {
  public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// Every route that is added from now on goes through `guard`; what opens a WebSocket there is
    /// what `sessions` makes of the route's handler.
    void set_guard(Guard guard, Sessions sessions = {}) {
        guard_ = std::move(guard);
        sessions_ = std::move(sessions);
    }

    /// Pages of every origin may use the pattern, which has no parameters, whatever the server's
    /// policy says of others.
    void open_to_any_origin(std::string_view pattern);
    [[nodiscard]] bool takes_any_origin(std::string_view path) const;

    /// Asserts that the method and pattern are new and well formed. A GET route also serves HEAD.
    void add(Method method, std::string_view pattern, Handler handler);

    /// Serves WebSockets at the pattern, beside whatever add() put there: a GET that asks for one
    /// goes to `handler`, another to the GET handler, or is answered 426 when there is none.
    void add_upgrade(std::string_view pattern, UpgradeHandler handler);

    struct Match {
        const Handler* handler = nullptr;  ///< Null: nothing for this method.
        std::string allow;  ///< Set when the path is known and the method is not: for `Allow`.
        bool path_known = false;
        bool needs_upgrade = false;  ///< A GET, where only WebSockets are served.
    };

    /// `path` is percent-encoded, without the query. Fills `parameters`.
    [[nodiscard]] Match find(Method method, std::string_view path,
                             std::vector<Parameter>& parameters) const;

    /// The route for a GET that asks for a WebSocket; null: there is none. As find() otherwise.
    [[nodiscard]] const UpgradeRoute* find_upgrade(std::string_view path,
                                                   std::vector<Parameter>& parameters) const;

  private:
    struct Table;
    std::unique_ptr<Table> table_;
    Guard guard_;
    Sessions sessions_;
};

}  // namespace cellmon::http
