#include "api/class_visit.hpp"

#include <algorithm>
#include <utility>

#include "api/class_input.hpp"
#include "api/gate.hpp"
#include "classroom/audit_log.hpp"
#include "classroom/rosters.hpp"
#include "classroom/staff.hpp"

namespace cellmon::api {

using classroom::Role;

Result<Visit> Visit::of(sql::Connection& connection, const http::Request& request, TimeUs now) {
    Visit visit(connection, request, now);
    visit.caller_ = caller_if_any(request);
    if (visit.caller_ != nullptr) {
        CELLMON_TRY_ASSIGN(const auto student,
                           classroom::find_student(connection, visit.caller_->account.email));
        if (student) visit.student_id_ = student->id;
    }
    return visit;
}

classroom::Scope Visit::scope() const {
    classroom::Scope scope;
    if (may_everything()) return scope;
    if (is_student()) {
        scope.student_id = student_id_;
    } else {
        scope.staff_id = caller_->account.id;
    }
    return scope;
}

Result<Right> Visit::right_in(std::int64_t class_id) const {
    if (may_everything()) return Right::teach;
    if (is_student()) {
        CELLMON_TRY_ASSIGN(const bool on_roster,
                           classroom::is_on_roster(connection, class_id, student_id_));
        return on_roster ? Right::own : Right::none;
    }
    CELLMON_TRY_ASSIGN(const auto in_class,
                       classroom::staff_role(connection, class_id, caller_->account.id));
    if (!in_class) return Right::none;
    return std::min(*in_class, role()) >= Role::instructor ? Right::teach : Right::assist;
}

Result<std::optional<http::Response>> Visit::bar(std::int64_t class_id, Right least,
                                                 std::string_view missing) const {
    CELLMON_TRY_ASSIGN(const Right right, right_in(class_id));
    std::optional<http::Response> refusal;
    if (right == Right::none) {
        refusal = http::error_response(404, missing);
    } else if (right < least) {
        refusal = not_allowed();
    }
    return refusal;
}

Result<void> Visit::note(std::string action, std::string subject, std::string detail) const {
    return classroom::record(connection,
                             {account_id(), request.remote_address, std::move(action),
                              std::move(subject), std::move(detail)},
                             now);
}

Result<tl::expected<classroom::Class, http::Response>> class_for(const Visit& visit,
                                                                 std::int64_t class_id,
                                                                 Right least) {
    using Found = tl::expected<classroom::Class, http::Response>;
    const std::string missing = missing_text("Class", class_id);
    CELLMON_TRY_ASSIGN(auto barred, visit.bar(class_id, least, missing));
    if (barred) return Found(tl::unexpected(std::move(*barred)));
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_class(visit.connection, class_id));
    if (!row) return Found(tl::unexpected(http::error_response(404, missing)));
    return Found(*row);
}

}  // namespace cellmon::api
