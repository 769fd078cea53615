#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/environments/environment_json.hpp"
#include "api/environments/environment_routes.hpp"
#include "api/environments/snapshots.hpp"
#include "api/refusals.hpp"

namespace cellmon::api {

// What the routes of environments share.

using EnvironmentMount = Mount<EnvironmentParts>;

[[nodiscard]] inline std::string environment_path(std::string_view rest) {
    return "/api/v1/environment/" + std::string(rest);
}

/// The values of `package_names` in the query; the error is the answer.
[[nodiscard]] tl::expected<std::vector<std::string>, http::Response> package_names(
    const http::Request& request);

/// Answers of the newest snapshot of whom the request is about, on the worker:
/// `make(subject, pair, request)`.
template <typename Make>
void answer_of(const EnvironmentParts& parts, http::Request&& request, http::Responder responder,
               bool anew, Make make) {
    auto subject = environment_subject(parts, request);
    if (!subject) return responder.send(std::move(subject).error());
    answer_on(parts.worker, std::move(request), std::move(responder),
              [&parts, subject = std::move(*subject), anew,
               make = std::move(make)](const http::Request& asked) -> http::Response {
                  const auto pair = environments_of(parts, subject, anew, asked);
                  if (!pair) return pair.error();
                  return make(subject, *pair, asked);
              });
}

}  // namespace cellmon::api
