#pragma once

#include "api/guarded_sockets.hpp"
#include "api/key_gate.hpp"
#include "api/worker.hpp"
#include "auth/logins.hpp"
#include "auth/options.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// Stands in front of every route and asks for a token, or a class key, where the access table says
/// so. All must outlive the last request.
class Gate {
  public:
    struct Dependencies {
        auth::Logins& logins;
        Worker& worker;  ///< Asks the database.
        http::IoThreads& threads;
        GuardedSockets& sockets;
        KeyGate& keys;
    };

    Gate(auth::Mode mode, Dependencies dependencies) : mode_(mode), dependencies_(dependencies) {}

    /// For Router::set_guard. Asserts that the access table has the route.
    [[nodiscard]] http::Handler guard(http::Method method, std::string_view pattern,
                                      http::Handler next);

    /// For Router::set_guard: keeps an eye on the sockets that a token has opened.
    [[nodiscard]] http::UpgradeHandler watch(http::UpgradeHandler next);

  private:
    const auth::Mode mode_;
    const Dependencies dependencies_;
};

/// Who asks. Only in handlers of routes that always ask for a token.
[[nodiscard]] const auth::Caller& caller_of(const http::Request& request);

/// Who asks; null for somebody who did not have to say.
[[nodiscard]] const auth::Caller* caller_if_any(const http::Request& request);

}  // namespace cellmon::api
