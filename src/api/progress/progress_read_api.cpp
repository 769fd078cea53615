// Reading progress and notifications (contract §3.15).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/parameters.hpp"
#include "api/progress/progress_json.hpp"
#include "api/progress/progress_routes.hpp"
#include "api/refusals.hpp"
#include "api/row_json.hpp"

namespace cellmon::api {
namespace {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using progress::StudentPtr;

/// Students with cells behind so many are left to the next page.
constexpr std::size_t kMostCellsInAnswer = 20'000;

/// Has the worker make the answer, when all that was durable at the time is counted.
template <typename Make>
void answer_caught_up(const ProgressParts& parts, Request&& request, Responder responder,
                      Make make) {
    answer_on(parts.worker, std::move(request), std::move(responder),
              [&parts, make = std::move(make)](const Request& asked) -> Response {
                  parts.progress.catch_up(kProgressPatience);
                  return make(parts, asked);
              });
}

/// nullptr for who has none, and whom the caller does not see.
StudentPtr find_student(const ProgressParts& parts, const Request& request) {
    const std::string& user_id = request.path_value("user_id");
    StudentPtr student = parts.progress.find(user_id);
    if (student && !viewer_of(parts, request).sees(user_id)) student = nullptr;
    return student;
}

Response student_answer(const ProgressParts& parts, const Request& request) {
    const StudentPtr student = find_student(parts, request);
    if (!student) return no_progress(request.path_value("user_id"));
    const TimeUs now = parts.clock.now_us();
    return http::json_response(200, RowJson()
                                        .text("message", "Student progress retrieved successfully")
                                        .text("user_id", student->email)
                                        .json("progress", progress_json(*student, Cells::all, now))
                                        .offset_time("retrieved_at", now)
                                        .end());
}

Response assignment_answer(const ProgressParts& parts, const Request& request) {
    const std::string& id = request.path_value("assignment_id");
    const StudentPtr student = find_student(parts, request);
    const progress::Assignment* assignment = student ? student->find(id) : nullptr;
    if (assignment == nullptr) {
        return http::error_response(404, fmt::format("No progress found for user {} in {}",
                                                     request.path_value("user_id"), id));
    }
    const TimeUs now = parts.clock.now_us();
    return http::json_response(200,
                               RowJson()
                                   .text("message", "Assignment progress retrieved successfully")
                                   .text("user_id", student->email)
                                   .text("assignment_id", id)
                                   .json("progress", assignment_json(*assignment, Cells::all, now))
                                   .offset_time("retrieved_at", now)
                                   .end());
}

std::size_t cells_of(const progress::Student& student) {
    std::size_t cells = 0;
    for (const progress::Assignment& assignment : student.assignments)
        cells += assignment.cells.size();
    return cells;
}

Response all_answer(const ProgressParts& parts, const Request& request, bool details,
                    std::size_t skip, std::size_t limit) {
    const auto students = seen_students(parts.progress, viewer_of(parts, request));
    const TimeUs now = parts.clock.now_us();
    const ProgressTotals totals = progress_totals(students, now);
    std::vector<std::string> list;
    std::size_t cells = 0;
    for (std::size_t i = skip; i < students.size() && list.size() < limit; ++i) {
        if (details) cells += cells_of(*students[i]);
        if (cells > kMostCellsInAnswer && !list.empty()) break;
        list.push_back(progress_json(*students[i], details ? Cells::all : Cells::none, now));
    }
    return http::json_response(
        200,
        RowJson()
            .text("message", "Progress of all students retrieved successfully")
            .json("stats", RowJson()
                               .put("total_students", static_cast<std::int64_t>(totals.students))
                               .put("returned_students", static_cast<std::int64_t>(list.size()))
                               .put("active_students", static_cast<std::int64_t>(totals.active))
                               .real("average_progress", totals.percentage)
                               .end())
            .json("students_progress", json_list(list))
            .offset_time("retrieved_at", now)
            .end());
}

void read_all(const ProgressParts& parts, Request&& request, Responder responder) {
    const auto details = query_truth(request, "include_details");
    if (!details) return responder.send(details.error());
    const auto limit = query_number(request, "limit", 50, 1, 200);
    if (!limit) return responder.send(limit.error());
    const auto skip = query_number(request, "skip", 0, 0, 1'000'000'000'000);
    if (!skip) return responder.send(skip.error());
    answer_caught_up(parts, std::move(request), std::move(responder),
                     [details = details->value_or(false), skip = *skip, limit = *limit](
                         const ProgressParts& its, const Request& asked) {
                         return all_answer(its, asked, details, skip, limit);
                     });
}

/// What a recipient was told of students whom the caller sees, the newest first; nullopt for a
/// recipient whom the caller does not know.
std::optional<progress::Notes> notes_of(const ProgressParts& parts, const Request& request) {
    const std::string& user_id = request.path_value("user_id");
    const ProgressViewer viewer = viewer_of(parts, request);
    const auto sees = viewer.now();
    progress::Notes notes;
    if (user_id == kInstructorRecipient) {
        if (viewer.student()) return std::nullopt;
        for (const progress::NotePtr& note : *parts.progress.instructor_notes()) {
            if (sees(note->user_id)) notes.push_back(note);
        }
    } else {
        const StudentPtr student = parts.progress.find(user_id);
        const bool known = student || viewer.student() || parts.picture()->find(user_id);
        if (!known || !sees(user_id)) return std::nullopt;
        if (student) notes = student->notes;
    }
    std::ranges::reverse(notes);
    return notes;
}

Response notes_answer(const ProgressParts& parts, const Request& request, bool unread_only,
                      std::size_t limit) {
    const auto notes = notes_of(parts, request);
    if (!notes) return no_progress(request.path_value("user_id"));
    std::vector<std::string> list;
    std::int64_t unread = 0;
    for (const progress::NotePtr& note : *notes) {
        if (!note->is_read) ++unread;
        if (list.size() < limit && !(unread_only && note->is_read))
            list.push_back(note_json(*note));
    }
    return http::json_response(
        200, RowJson()
                 .text("message", "Notifications retrieved successfully")
                 .text("user_id", request.path_value("user_id"))
                 .put("total_notifications", static_cast<std::int64_t>(notes->size()))
                 .put("returned_notifications", static_cast<std::int64_t>(list.size()))
                 .put("unread_count", unread)
                 .json("notifications", json_list(list))
                 .offset_time("retrieved_at", parts.clock.now_us())
                 .end());
}

void read_notes(const ProgressParts& parts, Request&& request, Responder responder) {
    const auto unread_only = query_truth(request, "unread_only");
    if (!unread_only) return responder.send(unread_only.error());
    const auto limit = query_number(request, "limit", 20, 1, 100);
    if (!limit) return responder.send(limit.error());
    answer_caught_up(parts, std::move(request), std::move(responder),
                     [unread_only = unread_only->value_or(true), limit = *limit](
                         const ProgressParts& its, const Request& asked) {
                         return notes_answer(its, asked, unread_only, limit);
                     });
}

Response stats_answer(const ProgressParts& parts, const Request& request) {
    const TimeUs now = parts.clock.now_us();
    const auto students = seen_students(parts.progress, viewer_of(parts, request));
    return http::json_response(
        200,
        RowJson()
            .text("message", "Progress statistics retrieved successfully")
            .json("stats", stats_json(progress_totals(students, now), parts.progress.healthy()))
            .offset_time("retrieved_at", now)
            .end());
}

/// Without parameters of its own.
template <typename Make>
auto plain(Make make) {
    return [make](const ProgressParts& parts, Request&& request, Responder responder) {
        answer_caught_up(parts, std::move(request), std::move(responder), make);
    };
}

}  // namespace

Response no_progress(std::string_view user_id) {
    return http::error_response(404, fmt::format("No progress found for user {}", user_id));
}

void add_progress_read_routes(http::Router& router, const ProgressParts& parts) {
    Mount<ProgressParts> mount(router, parts);
    const std::string base = "/api/v1/progress";
    mount(Method::get, base + "/student/{user_id}", plain(student_answer));
    mount(Method::get, base + "/assignment/{user_id}/{assignment_id}", plain(assignment_answer));
    mount(Method::get, base + "/all-students", read_all);
    mount(Method::get, base + "/notifications/{user_id}", read_notes);
    mount(Method::get, base + "/stats", plain(stats_answer));
}

void add_progress_routes(http::Router& router, const ProgressParts& parts) {
    add_progress_read_routes(router, parts);
    add_progress_event_routes(router, parts);
    add_progress_action_routes(router, parts);
    router.add_upgrade("/api/v1/progress/ws/student/{user_id}",
                       [parts](const http::Request& request) -> http::UpgradeDecision {
                           const std::string& user_id = request.path_value("user_id");
                           ProgressViewer viewer = viewer_of(parts, request);
                           if (!viewer.sees(user_id)) return no_progress(user_id);
                           return parts.sockets.accept(std::move(viewer), user_id);
                       });
    router.add_upgrade("/api/v1/progress/ws/instructor", [parts](const http::Request& request) {
        return parts.sockets.accept(viewer_of(parts, request), std::nullopt);
    });
}

}  // namespace cellmon::api
