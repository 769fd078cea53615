#include "api/access_table.hpp"

#include <algorithm>
#include <array>

namespace cellmon::api {
namespace {

using classroom::Role;
using http::Method;

struct Line {
    Method method;
    std::string_view pattern;
    Access access;
};

constexpr Access kNobody{Need::nothing, Role::student};
constexpr Access kIngest{Need::ingest, Role::student};
constexpr Access kClass{Need::token, Role::assistant};
constexpr Access kEverything{Need::token, Role::instructor};
constexpr Access kSelf{Need::account, Role::student};
constexpr Access kStaff{Need::account, Role::assistant};
constexpr Access kAdmin{Need::account, Role::admin};

// docs/reference/accounts.md says it for people.
constexpr std::array kTable = std::to_array<Line>({
    {Method::get, "/", kNobody},
    {Method::get, "/assets/app.js", kNobody},
    {Method::get, "/assets/app.css", kNobody},
    {Method::get, "/metrics", kNobody},
    {Method::get, "/health/ready", kNobody},
    {Method::get, "/api/v1/health", kNobody},
    {Method::get, "/api/v1/health/simple", kNobody},
    {Method::get, "/api/v1/health/live", kNobody},
    {Method::get, "/api/v1/health/ready", kNobody},
    {Method::post, "/api/v1/events", kIngest},
    {Method::get, "/api/v1/events/export", kEverything},
    {Method::get, "/api/v1/delivery", kClass},
    {Method::get, "/api/v1/projections", kClass},
    {Method::get, "/api/v1/live", kClass},
    {Method::get, "/api/v1/dashboard/overview", kClass},
    {Method::get, "/api/v1/dashboard/metrics", kClass},
    {Method::get, "/api/v1/dashboard/students/{email}/activity", kClass},
    {Method::post, "/api/v1/dashboard/students/{email}/dismiss-help", kClass},
    {Method::post, "/api/v1/dashboard/students/{email}/resolve-error", kClass},
    {Method::get, "/api/v1/dashboard/ws/dashboard", kClass},
    {Method::get, "/api/v1/dashboard/ws/dashboard/status", kClass},
    {Method::post, "/api/v1/auth/login", kNobody},
    {Method::post, "/api/v1/auth/refresh", kNobody},
    {Method::get, "/api/v1/auth/me", kSelf},
    {Method::put, "/api/v1/auth/password", kSelf},
    {Method::post, "/api/v1/auth/logout", kSelf},
    {Method::get, "/api/v1/instructors", kStaff},
    {Method::post, "/api/v1/instructors", kAdmin},
    {Method::get, "/api/v1/instructors/{instructor_id}", kStaff},
    {Method::put, "/api/v1/instructors/{instructor_id}", kSelf},
    {Method::delete_, "/api/v1/instructors/{instructor_id}", kAdmin},
    {Method::get, "/api/v1/instructor_status/{instructor_id}", kStaff},
    {Method::put, "/api/v1/instructor_status/{instructor_id}", kStaff},
    {Method::get, "/api/v1/instructor_status/{instructor_id}/history", kStaff},
    {Method::post, "/api/v1/instructor_status/bulk", kStaff},
});

}  // namespace

const Access* access_of(Method method, std::string_view pattern) {
    const auto* found = std::find_if(kTable.begin(), kTable.end(), [&](const Line& line) {
        return line.method == method && line.pattern == pattern;
    });
    return found == kTable.end() ? nullptr : &found->access;
}

std::vector<std::string_view> ingest_patterns() {
    std::vector<std::string_view> patterns;
    for (const Line& line : kTable) {
        if (line.access.need == Need::ingest) patterns.push_back(line.pattern);
    }
    return patterns;
}

}  // namespace cellmon::api
