#pragma once

#include "api/guarded_sockets.hpp"
#include "api/key_gate.hpp"
#include "api/look_log.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "auth/logins.hpp"
#include "auth/options.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// Stands in front of every route: asks for a token, or a class key, where the access table says
/// so, sees to it that whom the caller may see is known, and notes what they saw. All must outlive
/// the last request.
class Gate {
  public:
    struct Dependencies {
        auth::Logins& logins;
        Worker& worker;  ///< Asks the database.
        http::IoThreads& threads;
        GuardedSockets& sockets;
        KeyGate& keys;
        Sights& sights;
        LookLog& looks;
    };

    Gate(auth::Mode mode, Dependencies dependencies) : mode_(mode), dependencies_(dependencies) {}

    /// For Router::set_guard. Asserts that the access table has the route.
    [[nodiscard]] http::Handler guard(http::Method method, std::string_view pattern,
                                      http::Handler next);

    /// For Router::set_guard: keeps an eye on the sockets that a token has opened.
    [[nodiscard]] http::UpgradeHandler watch(std::string_view pattern, http::UpgradeHandler next);

  private:
    /// The duty to answer, which leaves a line in the log when it is done.
    [[nodiscard]] http::Responder noted(const Look* look, const http::Request& request,
                                        http::Responder responder);

    const auth::Mode mode_;
    const Dependencies dependencies_;
};

/// Who asks. Only in handlers of routes that always ask for a token.
[[nodiscard]] const auth::Caller& caller_of(const http::Request& request);

/// Who asks; null for somebody who did not have to say.
[[nodiscard]] const auth::Caller* caller_if_any(const http::Request& request);

}  // namespace cellmon::api
