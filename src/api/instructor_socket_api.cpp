#include "api/instructor_socket_api.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/refusals.hpp"
#include "classroom/accounts.hpp"
#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using Connection = InstructorSockets::Connection;
using event::JsonObject;

/// The name that the origin's database has for it.
std::string upper_case(std::string_view name) {
    std::string upper(name);
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
        return 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return upper;
}

Result<std::string> sockets_status_json(sql::Connection& connection,
                                        const std::vector<Connection>& connections) {
    std::string json;
    JsonObject object(json);
    object.key("connected_instructors");
    {
        JsonObject list(json);
        for (const auto& [id, connected_us] : connections) {
            CELLMON_TRY_ASSIGN(const auto account, classroom::find_account(connection, id));
            if (!account) continue;
            list.key(std::to_string(id));
            JsonObject one(json);
            one.text("email", account->email);
            one.time("connected_at", connected_us);
            one.text("status", upper_case(name_of(account->status)));
            one.end();
        }
        list.end();
    }
    object.number("total_connections", connections.size());
    object.end();
    return json;
}

}  // namespace

void add_instructor_socket_routes(http::Router& router, const AccountParts& given,
                                  InstructorSockets& sockets) {
    const auto parts = std::make_shared<const AccountParts>(given);
    router.add_upgrade(
        "/api/v1/instructor/ws/instructor/{instructor_id}",
        [&sockets](const http::Request& request) { return sockets.accept(request); });
    router.add(http::Method::get, "/api/v1/instructor/ws/instructor/status",
               [parts, &sockets](http::Request&& request, http::Responder responder) {
                   answer_on(parts->rows, std::move(request), std::move(responder),
                             [parts, &sockets](const http::Request& /*asked*/) {
                                 auto json = parts->database.read([&](sql::Connection& c) {
                                     return sockets_status_json(c, sockets.connections());
                                 });
                                 return json ? http::json_response(200, std::move(*json))
                                             : store_refusal(json.error());
                             });
               });
}

}  // namespace cellmon::api
