#include "api/look_table.hpp"

#include <algorithm>
#include <array>

namespace cellmon::api {
namespace {

using http::Method;

// docs/reference/accounts.md says it for people.
constexpr std::array kLooks = std::to_array<Look>({
    {Method::get, "/api/v1/live", "live.open", "students ?room"},
    {Method::get, "/api/v1/dashboard/ws/dashboard", "live.open", "students"},
    {Method::get, "/api/v1/instructor/ws/instructor/{instructor_id}", "live.open", "students"},
    {Method::get, "/api/v1/dashboard/overview", "overview.read", "students"},
    {Method::get, "/api/v1/dashboard/students/{email}/activity", "activity.read",
     "student {email}"},
    {Method::post, "/api/v1/dashboard/students/{email}/dismiss-help", "help.dismiss",
     "student {email}", true},
    {Method::post, "/api/v1/dashboard/students/{email}/resolve-error", "error.resolve",
     "student {email}", true},
    {Method::get, "/api/v1/delivery", "delivery.read", "students"},
    {Method::get, "/api/v1/events/export", "events.export", "students"},
    {Method::get, "/api/v1/classes/{class_id}/students", "roster.read", "class {class_id}"},
    {Method::get, "/api/v1/students", "student.list", "students"},
    {Method::get, "/api/v1/students/{student_id}", "student.read", "student {student_id}"},
    {Method::get, "/api/v1/submissions", "submission.list", "submissions"},
    {Method::get, "/api/v1/submissions/{submission_id}", "submission.read",
     "submission {submission_id}"},
    {Method::get, "/api/v1/submissions/{submission_id}/grades", "grades.read",
     "submission {submission_id}"},
    {Method::get, "/api/v1/notebook-version/notebooks", "notebook.list", "notebooks"},
    {Method::get, "/api/v1/notebook-version/history/{notebook_path...}", "notebook.read",
     "notebook {notebook_path} ?owner"},
    {Method::get, "/api/v1/notebook-version/latest/{notebook_path...}", "notebook.read",
     "notebook {notebook_path} ?owner"},
    {Method::get, "/api/v1/notebook-version/version/{version_id}", "notebook.read",
     "version {version_id}"},
    {Method::get, "/api/v1/notebook-version/snapshot/{snapshot_id}", "notebook.read",
     "snapshot {snapshot_id}"},
    {Method::get, "/api/v1/notebook-version/compare/{from_version_id}/{to_version_id}",
     "notebook.read", "version {to_version_id}"},
    {Method::get, "/api/v1/environment/current", "environment.read", "environment ?student"},
    {Method::get, "/api/v1/environment/summary", "environment.read", "environment ?student"},
    {Method::get, "/api/v1/environment/packages", "environment.read", "environment ?student"},
    {Method::get, "/api/v1/environment/health", "environment.read", "environment ?student"},
    {Method::get, "/api/v1/environment/diff", "environment.read", "environment ?student"},
    {Method::post, "/api/v1/environment/analyze", "environment.read", "environment ?student"},
    {Method::get, "/api/v1/environment/students", "environment.list", "students"},
    {Method::get, "/api/v1/offline/failed-events", "offline.read", "offline queue"},
    {Method::get, "/api/v1/progress/student/{user_id}", "progress.read", "student {user_id}"},
    {Method::get, "/api/v1/progress/assignment/{user_id}/{assignment_id}", "progress.read",
     "student {user_id}"},
    {Method::get, "/api/v1/progress/notifications/{user_id}", "progress.read", "student {user_id}"},
    {Method::get, "/api/v1/progress/all-students", "progress.list", "students"},
    {Method::post, "/api/v1/progress/process-event", "progress.report", "student ?user_id", true},
    {Method::post, "/api/v1/progress/simulate-event", "progress.report", "student ?user_id", true},
    {Method::delete_, "/api/v1/progress/reset/{user_id}", "progress.reset", "student {user_id}",
     true},
    {Method::get, "/api/v1/progress/ws/student/{user_id}", "live.open", "student {user_id}"},
    {Method::get, "/api/v1/progress/ws/instructor", "live.open", "students"},
    {Method::get, "/api/v1/admin/audit", "audit.read", "audit_log"},
});

}  // namespace

const Look* look_at(Method method, std::string_view pattern) {
    const auto* found = std::find_if(kLooks.begin(), kLooks.end(), [&](const Look& look) {
        return look.method == method && look.pattern == pattern;
    });
    return found == kLooks.end() ? nullptr : found;
}

std::string subject_of(const Look& look, const http::Request& request) {
    const auto mark = look.subject.find(" ?");
    std::string subject(look.subject.substr(0, mark));
    if (const auto open = subject.find('{'); open != std::string::npos) {
        const auto close = subject.find('}', open);
        const std::string name = subject.substr(open + 1, close - open - 1);
        subject.replace(open, close - open + 1, request.path_value(name));
    }
    if (mark != std::string_view::npos) {
        const auto value = request.query_value(look.subject.substr(mark + 2));
        if (value && !value->empty()) subject.append(" ").append(*value);
    }
    return subject;
}

}  // namespace cellmon::api
