#include "api/access_table.hpp"

#include <algorithm>
#include <array>

namespace cellmon::api {
namespace {

using classroom::Role;
using http::Method;

constexpr Access kNobody{Need::nothing, Role::student};
constexpr Access kIngest{Need::ingest, Role::student};
constexpr Access kClass{Need::token, Role::assistant};
constexpr Access kEverything{Need::token, Role::instructor};
constexpr Access kOwn{Need::token, Role::student};
constexpr Access kSelf{Need::account, Role::student};
constexpr Access kStaff{Need::account, Role::assistant};
constexpr Access kAdmin{Need::account, Role::admin};

// What these may see of a class, the routes themselves know.
constexpr Access kOwnClass{Need::name, Role::student};
constexpr Access kGrade{Need::name, Role::assistant};
constexpr Access kTeach{Need::name, Role::instructor};
constexpr Access kRunSchool{Need::name, Role::admin};

// docs/reference/accounts.md and classroom.md say it for people.
constexpr std::array kTable = std::to_array<AccessLine>({
    {Method::get, "/", kNobody},
    {Method::get, "/assets/app.js", kNobody},
    {Method::get, "/assets/app.css", kNobody},
    {Method::get, "/docs", kNobody},
    {Method::get, "/assets/docs.js", kNobody},
    {Method::get, "/assets/docs.css", kNobody},
    {Method::get, "/api/v1/openapi.json", kNobody},
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
    {Method::get, "/api/v1/admin/audit", kAdmin},
    {Method::get, "/api/v1/admin/erasures", kAdmin},
    {Method::post, "/api/v1/admin/erasures", kAdmin},
    {Method::get, "/api/v1/instructor/ws/instructor/status", kClass},
    {Method::get, "/api/v1/instructor/ws/instructor/{instructor_id}", kStaff},
    // Whoever connects says who they are inside of it, with a token always.
    {Method::get, "/socket.io", kNobody},
    {Method::post, "/socket.io", kNobody},
    {Method::get, "/api/v1/admin/settings", kGrade},
    {Method::post, "/api/v1/admin/settings", kRunSchool},
    {Method::get, "/api/v1/admin/settings/{setting_key}", kGrade},
    {Method::put, "/api/v1/admin/settings/{setting_key}", kRunSchool},
    {Method::get, "/api/v1/admin/consecutive-error-status", kGrade},
    {Method::get, "/api/v1/classroom/map", kGrade},
    {Method::post, "/api/v1/classroom/map/upload", kTeach},
    {Method::post, "/api/v1/classroom/map/create-default", kTeach},
    {Method::put, "/api/v1/classroom/map/{map_id}/positions", kTeach},
    {Method::delete_, "/api/v1/classroom/map/{map_id}", kTeach},
    {Method::get, "/api/v1/classroom/maps", kGrade},
    // An image on a page can send no token; its name is as good as one, and only who sees the map
    // is told it.
    {Method::get, "/api/v1/classroom/map/image/{filename}", kNobody},
    {Method::get, "/static/maps/{filename}", kNobody},
    {Method::get, "/api/v1/classes", kOwnClass},
    {Method::post, "/api/v1/classes", kTeach},
    {Method::post, "/api/v1/classes/join", kOwnClass},
    {Method::get, "/api/v1/classes/{class_id}", kOwnClass},
    {Method::put, "/api/v1/classes/{class_id}", kTeach},
    {Method::delete_, "/api/v1/classes/{class_id}", kTeach},
    {Method::get, "/api/v1/classes/{class_id}/staff", kGrade},
    {Method::put, "/api/v1/classes/{class_id}/staff/{instructor_id}", kTeach},
    {Method::delete_, "/api/v1/classes/{class_id}/staff/{instructor_id}", kTeach},
    {Method::get, "/api/v1/classes/{class_id}/join-code", kTeach},
    {Method::post, "/api/v1/classes/{class_id}/join-code", kTeach},
    {Method::delete_, "/api/v1/classes/{class_id}/join-code", kTeach},
    {Method::get, "/api/v1/classes/{class_id}/keys", kTeach},
    {Method::post, "/api/v1/classes/{class_id}/keys", kTeach},
    {Method::delete_, "/api/v1/classes/{class_id}/keys/{key_id}", kTeach},
    {Method::get, "/api/v1/classes/{class_id}/students", kGrade},
    {Method::post, "/api/v1/classes/{class_id}/students", kTeach},
    {Method::delete_, "/api/v1/classes/{class_id}/students/{student_id}", kTeach},
    {Method::get, "/api/v1/classes/{class_id}/roster.csv", kGrade},
    {Method::post, "/api/v1/classes/{class_id}/roster.csv", kTeach},
    {Method::get, "/api/v1/classes/{class_id}/grades.csv", kGrade},
    {Method::get, "/api/v1/students", kOwnClass},
    {Method::post, "/api/v1/students", kRunSchool},
    {Method::get, "/api/v1/students/{student_id}", kOwnClass},
    {Method::put, "/api/v1/students/{student_id}", kTeach},
    {Method::delete_, "/api/v1/students/{student_id}", kRunSchool},
    {Method::get, "/api/v1/teams", kGrade},
    {Method::post, "/api/v1/teams", kTeach},
    {Method::get, "/api/v1/teams/{team_id}", kGrade},
    {Method::put, "/api/v1/teams/{team_id}", kTeach},
    {Method::delete_, "/api/v1/teams/{team_id}", kTeach},
    {Method::get, "/api/v1/notebooks", kGrade},
    {Method::post, "/api/v1/notebooks", kTeach},
    {Method::get, "/api/v1/notebooks/{notebook_id}", kGrade},
    {Method::put, "/api/v1/notebooks/{notebook_id}", kTeach},
    {Method::delete_, "/api/v1/notebooks/{notebook_id}", kTeach},
    {Method::get, "/api/v1/assignments", kOwnClass},
    {Method::post, "/api/v1/assignments", kTeach},
    {Method::get, "/api/v1/assignments/{assignment_id}", kOwnClass},
    {Method::put, "/api/v1/assignments/{assignment_id}", kTeach},
    {Method::delete_, "/api/v1/assignments/{assignment_id}", kTeach},
    {Method::get, "/api/v1/assignments/{assignment_id}/figures", kGrade},
    {Method::get, "/api/v1/assignments/{assignment_id}/grades.csv", kGrade},
    {Method::get, "/api/v1/submissions", kOwnClass},
    {Method::post, "/api/v1/submissions", kOwnClass},
    {Method::post, "/api/v1/submissions/bulk", kTeach},
    {Method::get, "/api/v1/submissions/{submission_id}", kOwnClass},
    {Method::put, "/api/v1/submissions/{submission_id}", kGrade},
    {Method::delete_, "/api/v1/submissions/{submission_id}", kTeach},
    {Method::get, "/api/v1/submissions/{submission_id}/grades", kOwnClass},
    {Method::post, "/api/v1/notebook-version/snapshot", kOwnClass},
    {Method::post, "/api/v1/notebook-version/commit", kOwnClass},
    {Method::post, "/api/v1/notebook-version/commit-direct", kOwnClass},
    {Method::post, "/api/v1/notebook-version/simulate-commit", kOwnClass},
    {Method::post, "/api/v1/notebook-version/branch", kOwnClass},
    {Method::post, "/api/v1/notebook-version/merge", kOwnClass},
    {Method::get, "/api/v1/notebook-version/history/{notebook_path...}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/version/{version_id}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/latest/{notebook_path...}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/snapshot/{snapshot_id}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/compare/{from_version_id}/{to_version_id}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/branch/{branch_id}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/branches/{notebook_path...}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/tags/{notebook_path...}", kOwnClass},
    {Method::post, "/api/v1/notebook-version/version/{version_id}/tags", kOwnClass},
    {Method::delete_, "/api/v1/notebook-version/version/{version_id}/tags/{tag}", kOwnClass},
    {Method::delete_, "/api/v1/notebook-version/reset/{notebook_path...}", kOwnClass},
    {Method::get, "/api/v1/notebook-version/notebooks", kOwnClass},
    {Method::get, "/api/v1/notebook-version/stats", kOwnClass},
    {Method::get, "/api/v1/environment/current", kOwn},
    {Method::get, "/api/v1/environment/summary", kOwn},
    {Method::post, "/api/v1/environment/snapshot", kOwn},
    {Method::get, "/api/v1/environment/packages", kOwn},
    {Method::get, "/api/v1/environment/health", kOwn},
    {Method::get, "/api/v1/environment/diff", kOwn},
    {Method::post, "/api/v1/environment/analyze", kOwn},
    {Method::get, "/api/v1/environment/students", kClass},
    {Method::post, "/api/v1/offline/bulk", kIngest},
    {Method::post, "/api/v1/offline/queue", kIngest},
    {Method::post, "/api/v1/offline/sync", kRunSchool},
    {Method::get, "/api/v1/offline/status", kGrade},
    {Method::delete_, "/api/v1/offline/clear", kRunSchool},
    {Method::get, "/api/v1/offline/failed-events", kRunSchool},
    {Method::get, "/api/v1/progress/student/{user_id}", kOwn},
    {Method::get, "/api/v1/progress/assignment/{user_id}/{assignment_id}", kOwn},
    {Method::get, "/api/v1/progress/all-students", kClass},
    {Method::get, "/api/v1/progress/notifications/{user_id}", kOwn},
    {Method::post, "/api/v1/progress/notifications/{notification_id}/read", kOwn},
    {Method::get, "/api/v1/progress/stats", kClass},
    {Method::post, "/api/v1/progress/process-event", kOwn},
    {Method::post, "/api/v1/progress/simulate-event", kOwn},
    {Method::delete_, "/api/v1/progress/reset/{user_id}", kEverything},
    {Method::get, "/api/v1/progress/ws/student/{user_id}", kOwn},
    {Method::get, "/api/v1/progress/ws/instructor", kClass},
    {Method::get, "/api/v1/ws/{client_id}", kOwn},
    {Method::get, "/api/v1/test/events", kClass},
    {Method::post, "/api/v1/test/events/{test_id}", kClass},
    {Method::get, "/api/v1/test/events/{test_id}", kClass},
    {Method::delete_, "/api/v1/test/events/{test_id}", kClass},
    {Method::get, "/api/v1/test/test/events", kClass},
    {Method::post, "/api/v1/test/test/events/{test_id}", kClass},
    {Method::get, "/api/v1/test/test/events/{test_id}", kClass},
    {Method::delete_, "/api/v1/test/test/events/{test_id}", kClass},
});

}  // namespace

const Access* access_of(Method method, std::string_view pattern) {
    const auto* found = std::find_if(kTable.begin(), kTable.end(), [&](const AccessLine& line) {
        return line.method == method && line.pattern == pattern;
    });
    return found == kTable.end() ? nullptr : &found->access;
}

std::span<const AccessLine> access_table() {
    return kTable;
}

std::vector<std::string_view> ingest_patterns() {
    std::vector<std::string_view> patterns;
    for (const AccessLine& line : kTable) {
        if (line.access.need == Need::ingest) patterns.push_back(line.pattern);
    }
    return patterns;
}

}  // namespace cellmon::api
