#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/worker.hpp"
#include "base/result.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"
#include "http/response.hpp"

namespace cellmon::api {

// How requests about the classroom's rows are answered when they cannot be done.

/// By the kind of an error of sql::Database: 409 for what is taken or named by others, 422 for a
/// value that does not fit, else 503 with Retry-After. Its text is for the log, not for clients.
[[nodiscard]] http::Response store_refusal(const Error& error);

/// 401 with the scheme to use (contract §1.3).
[[nodiscard]] http::Response unauthorized(std::string_view detail);

/// 403 for an account whose role does not reach.
[[nodiscard]] http::Response not_allowed();

/// 429 with Retry-After, whole seconds rounded up.
[[nodiscard]] http::Response too_many(std::string_view detail, std::int64_t wait_us);

/// The entity tag of a row in that version.
[[nodiscard]] std::string version_tag(std::int64_t version);

/// 412 when the request's If-Match names other versions than this one; nullopt: go on.
[[nodiscard]] std::optional<http::Response> stale(const http::Request& request,
                                                  std::int64_t version);

/// 200 with the tag, or 304 when the client has it already.
[[nodiscard]] http::Response tagged(const http::Request& request, std::string json,
                                    std::string tag);

/// Has the worker make the answer; 503 when too many wait for it.
template <typename Make>
void answer_on(Worker& worker, http::Request&& request, http::Responder responder, Make make) {
    struct Job {
        http::Request request;
        http::Responder responder;
    };
    auto job = std::make_shared<Job>(Job{std::move(request), std::move(responder)});
    const bool queued = worker.post([job, make = std::move(make)]() mutable {
        job->responder.send(make(std::as_const(job->request)));
    });
    if (!queued) job->responder.send(http::unavailable_response("too many requests at once"));
}

}  // namespace cellmon::api
