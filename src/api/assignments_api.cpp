// Assignments (contract §3.8).
#include <fmt/format.h>

#include "api/class_resource.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::Assignment;
using Presence = BodyFields::Presence;

struct AssignmentInput {
    std::optional<std::int64_t> class_id;
    std::optional<std::int64_t> notebook_id;
    std::optional<std::string> title;
    Nullable<std::string> description;
    Nullable<TimeUs> due_us;
    Nullable<double> points;

    static AssignmentInput read(BodyFields& fields, Presence presence) {
        AssignmentInput input;
        input.class_id = fields.id("class_id", presence);
        input.notebook_id = fields.id("notebook_id", presence);
        input.title = fields.line("title", presence, classroom::kTitle);
        input.description = fields.nullable_text("description", classroom::kDescription);
        input.due_us = fields.nullable_time("due_date");
        input.points = fields.nullable_real("points", 0, classroom::kMostPoints);
        return input;
    }

    void apply(Assignment& row) const {
        if (class_id) row.class_id = *class_id;
        if (notebook_id) row.notebook_id = *notebook_id;
        if (title) row.title = *title;
        description.apply(row.description);
        due_us.apply(row.due_us);
        points.apply(row.points);
    }
};

std::string assignment_subject(std::int64_t id) {
    return fmt::format("assignment {}", id);
}

/// Why the row cannot name that class and notebook: 422 for what is not there or not theirs, 403
/// where the caller may only look.
Result<std::optional<http::Response>> unknown_names(const Visit& visit, const Assignment& row) {
    CELLMON_TRY_ASSIGN(const Right right, visit.right_in(row.class_id));
    CELLMON_TRY_ASSIGN(const auto in, classroom::find_class(visit.connection, row.class_id));
    if (!in || right == Right::none) {
        return std::optional(unknown_id("class_id", "Class", row.class_id));
    }
    if (right < Right::teach) return std::optional(not_allowed());
    CELLMON_TRY_ASSIGN(const auto notebook,
                       classroom::find_notebook(visit.connection, row.notebook_id));
    if (!notebook) return std::optional(unknown_id("notebook_id", "Notebook", row.notebook_id));
    return std::optional<http::Response>();
}

struct AssignmentFilter {
    std::optional<std::int64_t> class_id;

    static tl::expected<AssignmentFilter, http::Response> read(const http::Request& request) {
        const auto class_id = query_id(request, "class_id");
        if (!class_id) return tl::unexpected(class_id.error());
        return AssignmentFilter{*class_id};
    }
};

struct AssignmentKind {
    using Input = AssignmentInput;
    using Filter = AssignmentFilter;
    static constexpr std::string_view kPath = "/api/v1/assignments";
    static constexpr std::string_view kId = "assignment_id";
    static constexpr std::string_view kWhat = "Assignment";
    static constexpr bool kSaysWhoSees = false;

    static Result<std::vector<Assignment>> list(const Visit& visit, const Filter& filter,
                                                sql::Page page) {
        return classroom::list_assignments(visit.connection, visit.scope(), filter.class_id, page);
    }

    static Found<Assignment> find(const Visit& visit, std::int64_t id, Use use) {
        CELLMON_TRY_ASSIGN(auto row, classroom::find_assignment(visit.connection, id));
        if (!row) return missing<Assignment>(kWhat, id);
        const Right least = use == Use::read ? Right::own : Right::teach;
        CELLMON_TRY_ASSIGN(auto why, visit.bar(row->class_id, least, missing_text(kWhat, id)));
        if (why) return barred<Assignment>(std::move(*why));
        return std::move(*row);
    }

    static RowAnswer add(const Visit& visit, const Input& input) {
        Assignment row;
        input.apply(row);
        CELLMON_PASS(unknown_names(visit, row));
        CELLMON_TRY_ASSIGN(row.id, classroom::add_assignment(visit.connection, row, visit.now));
        CELLMON_TRY(visit.note("assignment.create", assignment_subject(row.id),
                               fmt::format("class {}", row.class_id)));
        CELLMON_TRY_ASSIGN(const auto made, classroom::find_assignment(visit.connection, row.id));
        return written_answer(201, *made);
    }

    static RowAnswer store(const Visit& visit, Assignment row, const Input& input) {
        input.apply(row);
        CELLMON_PASS(unknown_names(visit, row));
        CELLMON_TRY(classroom::store_assignment(visit.connection, row, visit.now));
        CELLMON_TRY(visit.note("assignment.update", assignment_subject(row.id)));
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_assignment(visit.connection, row.id));
        return written_answer(200, *stored);
    }

    static RowAnswer remove(const Visit& visit, const Assignment& row) {
        CELLMON_ROWS(classroom::remove_assignment(visit.connection, row.id), ErrorCode::reference,
                     refused(409, fmt::format("Assignment with id {} has submissions", row.id)));
        CELLMON_TRY(
            visit.note("assignment.delete", assignment_subject(row.id), "title " + row.title));
        return answered(http::json_response(200, json_of(row)));
    }
};

}  // namespace

void add_assignments_routes(http::Router& router, const ClassParts& parts) {
    ClassResource<AssignmentKind>::add_routes(router, parts);
}

}  // namespace cellmon::api
