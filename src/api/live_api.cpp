#include "api/live_api.hpp"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "api/gate.hpp"
#include "api/parameters.hpp"

namespace cellmon::api {
namespace {

http::UpgradeDecision accept(push::Hub& hub, const Sights& sights, const http::Request& request) {
    const std::string_view wanted = request.query_value("room").value_or("");
    auto room = push::parse_room(wanted);
    if (!room) return query_refusal("value_error", "room", room.error().message, wanted);
    std::optional<push::ResumePoint> resume;
    if (const auto epoch = request.query_value("epoch")) {
        auto sequence =
            query_number(request, "sequence", 0, 0, std::numeric_limits<std::uint64_t>::max());
        if (!sequence) return std::move(sequence).error();
        resume = push::ResumePoint{std::string(*epoch), *sequence};
    }
    return hub.make_session(std::move(*room), std::move(resume),
                            sights.source_of(caller_if_any(request)));
}

}  // namespace

void add_live_routes(http::Router& router, push::Hub& hub, const Sights& sights) {
    router.add_upgrade("/api/v1/live",
                       [&](const http::Request& request) { return accept(hub, sights, request); });
}

}  // namespace cellmon::api
