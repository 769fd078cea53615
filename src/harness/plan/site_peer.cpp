// The system under test where it may be another server, which a target profile describes.

#include <filesystem>

#include <fmt/format.h>

#include "harness/plan/site.hpp"
#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::plan {

Result<void> Site::make_peer() {
    peer::PeerPlace place;
    place.program = options_.program;
    place.folder = options_.folder;
    place.data = options_.folder + "/server";
    std::error_code error;
    std::filesystem::create_directories(place.data, error);
    if (error) return fail(ErrorCode::io, fmt::format("{}: {}", place.data, error.message()));
    if (options_.target->url.empty()) {
        CELLMON_TRY_ASSIGN(port_, free_port());
    }
    place.port = port_;
    CELLMON_TRY_ASSIGN(peer_, peer::Peer::create(*options_.target, place));
    server_ = peer_->endpoint();
    port_ = server_.loopback_port().value_or(port_);
    return {};
}

/// Whoever has the port of a profile's URL would be tested in the place of the one that is started.
Result<void> Site::check_nobody_is_there() const {
    if (!peer_ || peer_->profile().url.empty()) return {};
    if (!peer_->ask_ready({std::chrono::seconds(1), nullptr})) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("a server answers at {} already: end it, or leave start out of the "
                            "profile to test that one",
                            server_.authority));
}

Result<void> Site::ask_ready(const Patience& patience) const {
    if (peer_) return peer_->ask_ready(patience);
    CELLMON_TRY_ASSIGN(const Response answer, http_get(server_, "/api/v1/health/ready", patience));
    if (answer.status == 200) return {};
    return fail(ErrorCode::unavailable, fmt::format("status {}", answer.status));
}

EventRoute Site::event_route() const {
    return peer_ ? peer_->profile().events : EventRoute();
}

}  // namespace cellmon::harness::plan
