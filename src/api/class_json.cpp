#include "api/class_json.hpp"

#include <algorithm>

#include "api/row_json.hpp"

namespace cellmon::api {
namespace {

RowJson& put_key(RowJson& json, const classroom::ClassKey& row) {
    return json.put("id", row.id)
        .put("class_id", row.class_id)
        .put("label", row.label)
        .text("ending", row.ending)
        .put("created_by", row.created_by)
        .time("created_at", row.created_us)
        .time("expires_at", row.expires_us)
        .time("revoked_at", row.revoked_us);
}

std::optional<std::string> nullable_level(std::optional<privacy::Consent> consent) {
    if (!consent) return std::nullopt;
    return std::string(privacy::name_of(*consent));
}

RowJson& put_student(RowJson& json, const classroom::Student& row) {
    return json.text("email", row.email)
        .text("name", row.name)
        .put("team_id", row.team_id)
        .put("team_name", row.team_name)
        .put("id", row.id)
        .time("created_at", row.created_us)
        .time("updated_at", row.updated_us)
        .put("version", row.version);
}

}  // namespace

std::string json_of(const classroom::Class& row) {
    return RowJson()
        .text("name", row.name)
        .text("class_code", row.class_code)
        .put("description", row.description)
        .put("id", row.id)
        .truth("is_active", row.is_active)
        .time("created_at", row.created_us)
        .time("updated_at", row.updated_us)
        .put("owner_id", row.owner_id)
        .put("version", row.version)
        .put("consent", nullable_level(row.consent))
        .end();
}

std::string json_of(const classroom::Assignment& row) {
    return RowJson()
        .put("class_id", row.class_id)
        .put("notebook_id", row.notebook_id)
        .text("title", row.title)
        .put("description", row.description)
        .time("due_date", row.due_us)
        .real("points", row.points)
        .put("id", row.id)
        .time("created_at", row.created_us)
        .time("updated_at", row.updated_us)
        .put("version", row.version)
        .end();
}

std::string json_of(const classroom::Submission& row) {
    return RowJson()
        .put("assignment_id", row.assignment_id)
        .put("student_id", row.student_id)
        .text("status", row.status)
        .real("grade", row.grade)
        .put("feedback", row.feedback)
        .put("id", row.id)
        .time("submitted_at", row.submitted_us)
        .put("attempt", row.attempt)
        .truth("late", row.is_late)
        .put("version", row.version)
        .end();
}

std::string json_of(const classroom::Student& row) {
    RowJson json;
    return put_student(json, row).end();
}

std::string json_of(const classroom::Team& row) {
    return RowJson()
        .text("team_name", row.team_name)
        .put("description", row.description)
        .put("id", row.id)
        .time("created_at", row.created_us)
        .time("updated_at", row.updated_us)
        .put("version", row.version)
        .end();
}

std::string json_of(const classroom::Notebook& row) {
    return RowJson()
        .text("path", row.path)
        .text("name", row.name)
        .put("id", row.id)
        .time("created_at", row.created_us)
        .time("updated_at", row.updated_us)
        .put("version", row.version)
        .end();
}

std::string json_of(const classroom::StaffMember& row) {
    return RowJson()
        .put("instructor_id", row.account_id)
        .text("email", row.email)
        .text("name", row.name)
        .text("role", name_of(row.role))
        .time("added_at", row.added_us)
        .end();
}

std::string json_of(const classroom::RosterEntry& row) {
    RowJson json;
    return put_student(json, row.student).time("joined_at", row.joined_us).end();
}

std::string json_of(const classroom::GradeChange& row) {
    return RowJson()
        .put("id", row.id)
        .put("submission_id", row.submission_id)
        .time("at", row.at_us)
        .put("instructor_id", row.actor_id)
        .put("instructor", row.actor)
        .real("old_grade", row.old_grade)
        .real("new_grade", row.new_grade)
        .put("old_feedback", row.old_feedback)
        .put("new_feedback", row.new_feedback)
        .end();
}

std::string json_of(const classroom::GradeFigures& figures) {
    return RowJson()
        .put("students", figures.students)
        .put("submitted", figures.submitted)
        .put("late", figures.late)
        .put("attempts", figures.attempts)
        .put("graded", figures.graded)
        .real("min", figures.least)
        .real("max", figures.most)
        .real("mean", figures.mean)
        .real("median", figures.median)
        .end();
}

std::string json_of(const classroom::RosterOutcome& outcome) {
    return RowJson()
        .put("students_added", outcome.students_added)
        .put("students_changed", outcome.students_changed)
        .put("enrolled", outcome.enrolled)
        .put("total", outcome.total)
        .end();
}

std::string json_of(const std::vector<classroom::BulkOutcome>& outcomes) {
    std::string results = "[";
    for (const classroom::BulkOutcome& one : outcomes) {
        if (results.size() > 1) results += ',';
        RowJson json;
        json.put("index", static_cast<std::int64_t>(one.index)).truth("success", one.field.empty());
        if (one.field.empty()) {
            json.put("id", one.id).put("attempt", one.attempt);
        } else {
            json.text("field", one.field).text("reason", one.reason);
        }
        results += json.end();
    }
    results += ']';
    const auto created = std::count_if(outcomes.begin(), outcomes.end(),
                                       [](const auto& one) { return one.field.empty(); });
    return RowJson()
        .put("created", static_cast<std::int64_t>(created))
        .put("failed", static_cast<std::int64_t>(outcomes.size()) - created)
        .json("results", results)
        .end();
}

std::string json_of(const classroom::ClassKey& row) {
    RowJson json;
    return put_key(json, row).end();
}

std::string new_key_json(const classroom::ClassKey& row, std::string_view key) {
    RowJson json;
    return put_key(json, row).text("key", key).end();
}

std::string join_code_json(const classroom::Class& row) {
    return RowJson().put("class_id", row.id).put("join_code", row.join_code).end();
}

}  // namespace cellmon::api
