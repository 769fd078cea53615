#include "api/live_api.hpp"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "api/parameters.hpp"

namespace cellmon::api {
namespace {

http::UpgradeDecision accept(push::Hub& hub, const http::Request& request) {
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
    return hub.make_session(std::move(*room), std::move(resume));
}

}  // namespace

void add_live_routes(http::Router& router, push::Hub& hub) {
    router.add_upgrade("/api/v1/live",
                       [&hub](const http::Request& request) { return accept(hub, request); });
}

}  // namespace cellmon::api
