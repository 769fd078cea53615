#include "api/health_api.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "http/response.hpp"

namespace cellmon::api {
namespace {

constexpr double kLagDegraded_s =
    10.0;  // A projection further behind than this makes the health degraded.

struct Service {
    std::string status;  // healthy, unhealthy, disabled
    std::string message;
};

Service projection_service(const projection::ProjectionStatus& status) {
    if (status.alarm || status.state == projection::State::retrying) {
        return {"unhealthy", status.last_error};
    }
    if (status.lag_seconds > kLagDegraded_s) {
        return {"unhealthy",
                fmt::format("{} events ({:.0f} s) behind", status.lag_events, status.lag_seconds)};
    }
    return {"healthy", fmt::format("{} events behind", status.lag_events)};
}

Service classroom_service(const ClassroomHealth& classroom) {
    if (auto trouble = classroom.trouble()) return {"unhealthy", std::move(*trouble)};
    return {"healthy", "accounts can be read and written"};
}

/// The name that clients know a projection's store by.
std::string_view service_of(std::string_view projection) {
    return projection == "timeseries" ? "influxdb" : projection;
}

void append_service(std::string& json, std::string_view name, const Service& service,
                    std::string_view more = {}) {
    if (json.back() != '{') json += ',';
    http::append_json_string(json, name);
    fmt::format_to(std::back_inserter(json), R"(:{{"status":"{}","message":)", service.status);
    http::append_json_string(json, service.message);
    json += more;
    json += '}';
}

struct Health {
    bool works = false;
    std::string json;
};

Health health(const HealthParts& parts) {
    const FoundationState foundation = parts.foundation.state();
    // It and the sockets, which always work.
    unsigned total = 2;
    unsigned healthy = foundation.works ? 2 : 1;
    std::string services = "{";
    append_service(services, parts.foundation.name,
                   {foundation.works ? "healthy" : "unhealthy", foundation.message});
    std::vector<std::string_view> absent = {"redis", "influxdb"};
    for (const auto& status : parts.statuses()) {
        const Service service = projection_service(status);
        const std::string_view name = service_of(status.name);
        append_service(services, name, service);
        std::erase(absent, name);
        ++total;
        if (service.status == "healthy") ++healthy;
    }
    // One database under one of two names: what is counted is the database.
    const Service rows = classroom_service(parts.classroom);
    append_service(services, parts.classroom.postgres ? "postgres" : "classroom", rows);
    ++total;
    if (rows.status == "healthy") ++healthy;
    if (!parts.classroom.postgres)
        append_service(services, "postgres", {"disabled", "not configured"});
    if (parts.backups) {
        const BackupHealth backups = parts.backups();
        append_service(services, "backup",
                       {backups.works ? "healthy" : "unhealthy", backups.message});
        ++total;
        if (backups.works) ++healthy;
    }
    for (const std::string_view name : absent) {
        append_service(services, name, {"disabled", "not configured"});
    }
    const SocketCounts sockets = parts.sockets();
    const std::size_t connections =
        sockets.live + sockets.dashboard + sockets.instructor + sockets.progress + sockets.client;
    const std::string rooms = fmt::format(
        R"({{"live":{},"dashboard":{},"instructor":{},"progress":{},"client":{}}})", sockets.live,
        sockets.dashboard, sockets.instructor, sockets.progress, sockets.client);
    append_service(services, "websocket",
                   {"healthy", fmt::format("{} sockets are open", connections)},
                   fmt::format(R"(,"total_connections":{},"rooms":{})", connections, rooms));
    services += '}';

    Health result;
    result.works = foundation.works;
    const std::string_view state = !result.works     ? "unhealthy"
                                   : healthy < total ? "degraded"
                                                     : "healthy";
    result.json = fmt::format(
        R"({{"status":"{}","timestamp":"{}","services":{},"details":{{"total_services":{},)"
        R"("healthy_services":{},"api_version":"v1","environment":"embedded",)"
        R"("websocket_connections":{},"websocket_rooms":{}}}}})",
        state, format_time(parts.clock.now_us()), services, total, healthy, connections, rooms);
    return result;
}

http::Response health_answer(const HealthParts& parts) {
    Health now = health(parts);
    return now.works ? http::json_response(200, std::move(now.json))
                     : http::error_response_json(503, now.json);
}

http::Response simple_answer(const Clock& clock) {
    return http::json_response(
        200, fmt::format(R"({{"status":"ok","timestamp":"{}"}})", format_time(clock.now_us())));
}

http::Response live_answer(const Clock& clock) {
    return http::json_response(
        200, fmt::format(R"({{"status":"alive","timestamp":"{}","message":"the process answers"}})",
                         format_time(clock.now_us())));
}

http::Response ready_answer(const FoundationState& foundation, const Clock& clock) {
    const std::string time = format_time(clock.now_us());
    if (foundation.works) {
        return http::json_response(
            200,
            fmt::format(R"({{"status":"ready","timestamp":"{}","message":"it works"}})", time));
    }
    std::string detail = fmt::format(R"({{"status":"not_ready","timestamp":"{}","error":)", time);
    http::append_json_string(detail, foundation.message);
    return http::error_response_json(503, detail + "}");
}

}  // namespace

Foundation journal_foundation(const journal::Journal& journal) {
    return {"journal", [&journal]() -> FoundationState {
                const journal::JournalStatus status = journal.status();
                if (!status.poisoned.empty()) return {false, status.poisoned};
                if (status.disk_low) {
                    return {false, "the disk is too full; events are refused with 503"};
                }
                return {true, fmt::format("{} events durable", status.durable_sequence)};
            }};
}

void add_health_routes(http::Router& router, HealthParts parts) {
    using Answer = std::function<http::Response()>;
    const Clock& clock = parts.clock;
    const Answer ready = [state = parts.foundation.state, &clock] {
        return ready_answer(state(), clock);
    };
    const std::vector<std::pair<std::string_view, Answer>> routes = {
        {"/api/v1/health", [parts = std::move(parts)] { return health_answer(parts); }},
        {"/api/v1/health/simple", [&clock] { return simple_answer(clock); }},
        {"/api/v1/health/live", [&clock] { return live_answer(clock); }},
        {"/api/v1/health/ready", ready},
        {"/health/ready", ready},  // Where load balancers and containers look by custom.
    };
    for (const auto& [path, answer] : routes) {
        router.add(http::Method::get, path,
                   [make = answer](http::Request&&, http::Responder responder) {
                       responder.send(make());
                   });
    }
}

}  // namespace cellmon::api
