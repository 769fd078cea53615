// Who has which version of what.
#include <set>

#include <fmt/format.h>

#include "api/class_input.hpp"
#include "api/class_visit.hpp"
#include "api/environments/environment_answers.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"
#include "classroom/email.hpp"
#include "classroom/limits.hpp"
#include "classroom/rosters.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;

constexpr std::size_t kMostNames = 100;  ///< Packages in one question.

/// Who belongs to a class: by its code, and by its roster.
struct ClassFilter {
    std::string code;
    std::set<std::string> roster;  ///< By email_key().
};

EnvironmentFound<ClassFilter> class_filter(const EnvironmentParts& parts, const Request& request,
                                           std::int64_t class_id) {
    std::optional<Response> refusal;
    auto filter = parts.database.read([&](sql::Connection& connection) -> Result<ClassFilter> {
        ClassFilter found;
        CELLMON_TRY_ASSIGN(const Visit visit, Visit::of(connection, request, parts.clock.now_us()));
        CELLMON_TRY_ASSIGN(const auto row, class_for(visit, class_id, Right::assist));
        if (!row) {
            refusal = row.error();
            return found;
        }
        found.code = row->class_code;
        CELLMON_TRY_ASSIGN(const auto roster,
                           classroom::list_roster(connection, class_id, {0, 100'000}));
        for (const classroom::RosterEntry& entry : roster)
            found.roster.insert(classroom::email_key(entry.student.email));
        return found;
    });
    if (refusal) return tl::unexpected(std::move(*refusal));
    if (!filter) return tl::unexpected(store_refusal(filter.error()));
    return std::move(*filter);
}

void list_students(const EnvironmentParts& parts, Request&& request, Responder responder) {
    auto names = package_names(request);
    if (!names) return responder.send(std::move(names).error());
    const auto class_id = query_id(request, "class_id");
    if (!class_id) return responder.send(class_id.error());
    auto subject = environment_subject(parts, request);
    if (!subject) return responder.send(std::move(subject).error());
    answer_on(
        parts.worker, std::move(request), std::move(responder),
        [&parts, names = std::move(*names), class_id = *class_id,
         counts = std::move(subject->counts)](const Request& asked) -> Response {
            store::Counts counted = counts;
            if (class_id) {
                auto filter = class_filter(parts, asked, *class_id);
                if (!filter) return filter.error();
                counted = [counts, filter = std::move(*filter)](std::string_view email,
                                                                std::string_view code) {
                    if (counts && !counts(email, code)) return false;
                    return code == filter.code ||
                           (code.empty() && filter.roster.contains(classroom::email_key(email)));
                };
            }
            const auto reports = parts.history.newest_environments(counted);
            if (!reports) {
                return http::unavailable_response(
                    "The store of what was reported is away; try again");
            }
            return http::json_response(
                200, RowJson()
                         .text("message", "Environments of students retrieved successfully")
                         .json("students", students_json(*reports, names))
                         .put("total_students", static_cast<std::int64_t>(reports->size()))
                         .offset_time("retrieved_at", parts.clock.now_us())
                         .end());
        });
}

}  // namespace

tl::expected<std::vector<std::string>, http::Response> package_names(const http::Request& request) {
    std::vector<std::string> names;
    for (const http::Parameter& one : request.query) {
        if (one.name != "package_names") continue;
        if (names.size() == kMostNames || !is_line(one.value, classroom::kNotebookName)) {
            return tl::unexpected(query_refusal(
                "value_error", "package_names",
                fmt::format("Value error, up to {} names of 1 to 255 characters", kMostNames), ""));
        }
        names.push_back(one.value);
    }
    return names;
}

void add_environment_student_routes(http::Router& router, const EnvironmentParts& parts) {
    EnvironmentMount(router, parts)(http::Method::get, environment_path("students"), list_students);
}

}  // namespace cellmon::api
