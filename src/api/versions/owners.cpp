#include "api/versions/owners.hpp"

#include <fmt/format.h>

#include "api/parameters.hpp"
#include "classroom/email.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::NotebookHistory;
using http::Response;

std::string own_key(const Visit& visit) {
    if (visit.caller() == nullptr) return {};
    return classroom::email_key(visit.caller()->account.email);
}

/// The row with its history, when the caller holds that so far.
template <typename Held_, typename Row>
Held<Held_> held(const Visit& visit, const std::optional<Row>& row, Hold least,
                 const std::string& missing) {
    using Found = tl::expected<Held_, Response>;
    if (!row) return Found(tl::unexpected(http::error_response(404, missing)));
    CELLMON_TRY_ASSIGN(const auto history,
                       classroom::find_history(visit.connection, row->history_id));
    Hold hold = Hold::none;
    if (history) {
        CELLMON_TRY_ASSIGN(hold, hold_on(visit, history->owner));
    }
    if (hold == Hold::none) return Found(tl::unexpected(http::error_response(404, missing)));
    if (hold < least) return Found(tl::unexpected(not_allowed()));
    return Found(Held_{*row, *history});
}

/// As text in an answer: what is in a path may be no UTF-8.
std::string missing_text(std::string_view what, std::string_view id) {
    constexpr classroom::TextLimit kShown{0, 600};
    if (!is_line(id, kShown)) return fmt::format("{} not found", what);
    return fmt::format("{} {} not found", what, id);
}

}  // namespace

Result<Hold> hold_on(const Visit& visit, std::string_view owner) {
    if (visit.may_everything() || own_key(visit) == owner) return Hold::write;
    if (visit.is_student() || owner.empty()) return Hold::none;
    CELLMON_TRY_ASSIGN(const auto student, classroom::find_student(visit.connection, owner));
    if (!student) return Hold::none;
    CELLMON_TRY_ASSIGN(const auto teaching,
                       classroom::teaching_of(visit.connection, *visit.account_id(), student->id));
    return teaching.any ? Hold::read : Hold::none;
}

tl::expected<std::string, Response> owner_of(const Visit& visit) {
    const auto named =
        query_line(visit.request, "owner", {0, classroom::kStudentEmail.most}, own_key(visit));
    if (!named) return tl::unexpected(named.error());
    return classroom::email_key(*named);
}

classroom::HistoryScope histories_of(const Visit& visit) {
    classroom::HistoryScope scope;
    scope.all = visit.may_everything();
    scope.owner = own_key(visit);
    if (!visit.is_student()) scope.staff_id = visit.account_id();
    return scope;
}

Held<NotebookHistory> held_history(const Visit& visit, std::string_view path, Hold least) {
    using Found = tl::expected<NotebookHistory, Response>;
    const std::string missing = missing_text("Notebook", path);
    const auto owner = owner_of(visit);
    if (!owner) return Found(tl::unexpected(owner.error()));
    CELLMON_TRY_ASSIGN(const Hold hold, hold_on(visit, *owner));
    if (hold == Hold::none) return Found(tl::unexpected(http::error_response(404, missing)));
    if (hold < least) return Found(tl::unexpected(not_allowed()));
    CELLMON_TRY_ASSIGN(const auto history, classroom::find_history(visit.connection, *owner, path));
    if (!history) return Found(tl::unexpected(http::error_response(404, missing)));
    return Found(*history);
}

Held<NotebookHistory> history_to_write(const Visit& visit, std::string_view path) {
    using Found = tl::expected<NotebookHistory, Response>;
    const auto owner = owner_of(visit);
    if (!owner) return Found(tl::unexpected(owner.error()));
    CELLMON_TRY_ASSIGN(const Hold hold, hold_on(visit, *owner));
    if (hold == Hold::none) {
        return Found(tl::unexpected(http::error_response(404, missing_text("Notebook", path))));
    }
    if (hold == Hold::read) return Found(tl::unexpected(not_allowed()));
    CELLMON_TRY_ASSIGN(auto history,
                       classroom::history_for(visit.connection, *owner, path, visit.now));
    return Found(std::move(history));
}

Held<HeldVersion> held_version(const Visit& visit, std::string_view version_id, Hold least) {
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_version(visit.connection, version_id));
    return held<HeldVersion>(visit, row, least, missing_text("Version", version_id));
}

Held<HeldSnapshot> held_snapshot(const Visit& visit, std::string_view snapshot_id, Hold least) {
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_snapshot(visit.connection, snapshot_id));
    return held<HeldSnapshot>(visit, row, least, missing_text("Snapshot", snapshot_id));
}

Held<HeldBranch> held_branch(const Visit& visit, std::string_view branch_id, Hold least) {
    CELLMON_TRY_ASSIGN(const auto row, classroom::find_branch(visit.connection, branch_id));
    return held<HeldBranch>(visit, row, least, missing_text("Branch", branch_id));
}

}  // namespace cellmon::api
