#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "auth/key_ring.hpp"
#include "auth/options.hpp"
#include "base/clock.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::api {

/// Stands in front of the routes by which events come in and asks for a class key: the header field
/// X-Class-Key, `Authorization: Bearer ck_…`, or `?key=` for a client that knows nothing but its
/// URL; the first of them counts. With `auth.mode = required` there has to be one; one that is sent
/// has to be good in both modes, since it says whose events these are. Asks no database. Any
/// thread.
class KeyGate {
  public:
    /// Both must outlive it.
    KeyGate(auth::Mode mode, const auth::KeyRing& keys, const Clock& clock)
        : required_(mode == auth::Mode::required), keys_(keys), clock_(clock) {}

    /// Notes the class of the key in the request's principal, for class_of_key(); or why the
    /// request is not let in: 401, or 503 while nobody can tell. No answer holds the key.
    [[nodiscard]] std::optional<http::Response> check(http::Request& request);

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    const bool required_;
    const auth::KeyRing& keys_;
    const Clock& clock_;
    std::atomic<std::uint64_t> missing_{0};
    std::atomic<std::uint64_t> bad_{0};
    std::atomic<std::uint64_t> untold_{0};
};

/// The code of the class whose key a request came with; empty: it came without. Only in handlers of
/// routes by which events come in. The view lives as long as the request.
[[nodiscard]] std::string_view class_of_key(const http::Request& request);

}  // namespace cellmon::api
