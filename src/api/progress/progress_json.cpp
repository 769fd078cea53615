#include "api/progress/progress_json.hpp"

#include <vector>

#include <fmt/format.h>

#include "api/row_json.hpp"
#include "progress/figures.hpp"

namespace cellmon::api {
namespace {

using progress::Assignment;
using progress::AssignmentFigures;
using progress::Cell;
using progress::Note;
using progress::NoteKind;
using progress::Student;
using progress::StudentFigures;

std::int64_t whole(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

double milliseconds(std::int64_t duration_us) {
    return static_cast<double>(duration_us) / 1'000;
}

std::optional<std::string> optional(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::string cell_json(const Cell& cell) {
    const progress::Run& run = cell.run.value;
    const bool good = cell.run.key.set() && run.outcome == progress::CellStatus::completed;
    RowJson json;
    json.text("cell_id", cell.id)
        .put("cell_index", cell.index.key.set() ? std::optional(cell.index.value) : std::nullopt)
        .put("cell_type", optional(cell.type.value))
        .text("execution_status", name_of(cell.status.value))
        .put("execution_count", whole(cell.runs))
        .offset_time("last_executed_at",
                     cell.run.key.set() ? std::optional(cell.run.key.time_us) : std::nullopt)
        .real("execution_duration_ms",
              run.duration_us > 0 ? std::optional(milliseconds(run.duration_us)) : std::nullopt)
        .truth("has_error", cell.has_error())
        .put("error_message", optional(run.error_message))
        .put("error_type", optional(run.error_type))
        .truth("is_completed", cell.is_completed)
        .real("completion_score", good ? 1.0 : 0.0)
        .put("code_length", cell.code_lines.value)
        .put("output_length", run.output_length)
        .real("memory_usage_mb", run.memory_mb);
    return json.end();
}

struct Words {
    std::string title;
    std::string message;
    std::string_view level;
};

Words words_of(const Note& note) {
    switch (note.kind) {
        case NoteKind::error:
            return {"セルでエラーが発生しました / A cell failed",
                    fmt::format("{}: {}{}{}", note.assignment_id, note.cell_id,
                                note.error.empty() ? "" : ": ", note.error),
                    "error"};
        case NoteKind::milestone:
            return {fmt::format("進捗 {0}% / {0}% done", note.percentage),
                    fmt::format("{0} の {1}% が完了しました / {1}% of {0} is completed",
                                note.assignment_id, note.percentage),
                    "info"};
        case NoteKind::completion:
            break;
    }
    if (note.to_instructors) {
        return {"課題が完了しました / An assignment is completed",
                fmt::format("{0} が {1} を完了しました / {0} has completed {1}", note.user_id,
                            note.assignment_id),
                "success"};
    }
    return {"課題が完了しました / Assignment completed",
            fmt::format("{0} を完了しました / {0} is completed", note.assignment_id), "success"};
}

}  // namespace

std::string assignment_json(const Assignment& assignment, Cells cells, TimeUs now) {
    const AssignmentFigures figures = figures_of(assignment);
    std::vector<std::string> list;
    if (cells == Cells::all) {
        list.reserve(assignment.cells.size());
        for (const Cell& cell : assignment.cells)
            list.push_back(cell_json(cell));
    }
    RowJson json;
    json.text("assignment_id", assignment.id)
        .text("assignment_name", assignment.name.value.empty()
                                     ? fmt::format("Assignment {}", assignment.id)
                                     : assignment.name.value)
        .put("notebook_path", optional(assignment.notebook.value))
        .text("overall_status", name_of(figures.status))
        .real("progress_percentage", figures.percentage())
        .put("total_cells", whole(figures.cells))
        .put("completed_cells", whole(figures.completed))
        .put("error_cells", whole(figures.errors))
        .json("cells_progress", json_list(list))
        .offset_time("started_at", assignment.first.time_us)
        .offset_time("last_updated_at", assignment.last.time_us)
        .offset_time("estimated_completion_time", figures.estimated_completion(now))
        .real("total_execution_time_ms", milliseconds(figures.duration_us))
        .put("submission_id", std::optional<std::int64_t>())
        .offset_time("submitted_at", std::nullopt)
        .truth("is_submitted", false)
        .real("difficulty_score", std::nullopt)
        .real("engagement_score", std::nullopt);
    return json.end();
}

std::string progress_json(const Student& student, Cells cells, TimeUs now) {
    const StudentFigures figures = figures_of(student);
    std::vector<std::string> assignments;
    assignments.reserve(student.assignments.size());
    for (const Assignment& assignment : student.assignments)
        assignments.push_back(assignment_json(assignment, cells, now));
    const double duration = milliseconds(figures.duration_us);
    const double runs = static_cast<double>(figures.executions);
    RowJson json;
    json.text("user_id", student.email)
        .text("user_name", student.name.value.empty() ? fmt::format("Student {}", student.email)
                                                      : student.name.value)
        .put("session_id", optional(student.session.value))
        .put("total_assignments", whole(figures.assignments))
        .put("completed_assignments", whole(figures.completed))
        .put("in_progress_assignments", whole(figures.in_progress))
        .real("overall_progress_percentage", figures.percentage)
        .json("assignments_progress", json_list(assignments))
        .put("total_execution_count", whole(figures.executions))
        .real("total_execution_time_ms", duration)
        .real("average_execution_time_ms", runs > 0 ? duration / runs : 0.0)
        .real("error_rate", figures.error_rate)
        .offset_time("first_activity_at", student.first.time_us)
        .offset_time("last_activity_at", student.last.time_us)
        .put("active_time_minutes", std::int64_t{0})
        .real("learning_velocity", figures.learning_velocity)
        .real("focus_score", figures.focus_score)
        .real("consistency_score", figures.consistency_score);
    return json.end();
}

std::string note_json(const Note& note) {
    const Words words = words_of(note);
    RowJson json;
    json.text("notification_id", note.id)
        .text("recipient_id", note.to_instructors ? "instructor" : note.user_id)
        .text("recipient_type", note.to_instructors ? "instructor" : "student")
        .text("title", words.title)
        .text("message", words.message)
        .text("level", words.level)
        .text("assignment_id", note.assignment_id)
        .text("user_id", note.user_id)
        .truth("is_read", note.is_read)
        .offset_time("created_at", note.created_us)
        .offset_time("expires_at", std::nullopt)
        .put("action_url", std::optional<std::string>())
        .put("action_label", std::optional<std::string>());
    return json.end();
}

ProgressTotals progress_totals(std::span<const progress::StudentPtr> students, TimeUs now) {
    ProgressTotals totals;
    for (const progress::StudentPtr& student : students) {
        const StudentFigures figures = figures_of(*student);
        if (now - student->last.time_us < kProgressActiveUs) ++totals.active;
        totals.assignments += figures.assignments;
        totals.completed += figures.completed;
        totals.events += student->events;
        totals.notes += student->notes_made;
        totals.percentage += figures.percentage;
    }
    totals.students = students.size();
    if (totals.students > 0) totals.percentage /= static_cast<double>(totals.students);
    return totals;
}

std::string stats_json(const ProgressTotals& totals, bool healthy) {
    const double rate = totals.assignments == 0 ? 0.0
                                                : 100 * static_cast<double>(totals.completed) /
                                                      static_cast<double>(totals.assignments);
    const std::string_view health = !healthy ? "degraded" : totals.active > 0 ? "healthy" : "idle";
    RowJson json;
    json.put("total_events_processed", whole(totals.events))
        .put("total_notifications_sent", whole(totals.notes))
        .put("active_sessions", whole(totals.active))
        .offset_time("last_cleanup", std::nullopt)
        .put("total_students", whole(totals.students))
        .put("total_assignments", whole(totals.assignments))
        .real("completion_rate", rate)
        .text("system_health", health);
    return json.end();
}

}  // namespace cellmon::api
