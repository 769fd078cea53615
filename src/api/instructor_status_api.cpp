#include "api/instructor_status_api.hpp"

#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/account_json.hpp"
#include "api/body_fields.hpp"
#include "api/gate.hpp"
#include "api/parameters.hpp"
#include "api/refusals.hpp"
#include "api/row_answer.hpp"
#include "api/row_parts.hpp"
#include "classroom/statuses.hpp"

namespace cellmon::api {
namespace {

using classroom::Role;
using classroom::Status;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::string_view kNoStatus = "Instructor not found";
constexpr std::string_view kId = "instructor_id";
constexpr std::size_t kMostUpdates = 1'000;  ///< Of one bulk request.

struct Update {
    std::int64_t instructor_id = 0;
    Status status = Status::offline;
    std::optional<std::int64_t> session_id;
};

std::optional<Status> status_of(BodyFields& fields) {
    const auto place = fields.choice("status", Presence::required,
                                     {"available", "in_session", "break", "offline"});
    if (!place) return std::nullopt;
    return static_cast<Status>(*place);
}

/// Sessions lie in the relational store, not beside the instructors: no foreign key can look.
Result<bool> session_is_known(const AccountParts& parts, std::optional<std::int64_t> session_id) {
    if (!session_id) return true;
    if (*session_id < 1) return false;
    return parts.has_session(*session_id);
}

Response unknown_session(std::int64_t session_id) {
    Issues issues;
    issues.add("value_error", R"("body","current_session_id")",
               "Value error, there is no session with this id", std::to_string(session_id));
    return issues.refusal();
}

bool may_set(const auth::Caller& caller, std::int64_t instructor_id) {
    return caller.account.id == instructor_id || caller.account.role == Role::admin;
}

void read_own_status(const AccountParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, kId, kNoStatus);
    if (!id) return responder.send(id.error());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, id = *id](const Request& asked) {
                  const auto account = parts.database.read(
                      [&](sql::Connection& c) { return classroom::find_account(c, id); });
                  if (!account) return store_refusal(account.error());
                  if (!*account) return http::error_response(404, kNoStatus);
                  return tagged(asked, status_json(**account), version_tag((*account)->version));
              });
}

RowAnswer apply(sql::Connection& c, const Request& asked, const Update& update, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto before, classroom::find_account(c, update.instructor_id));
    if (!before) return refused(404, kNoStatus);
    if (auto refusal = stale(asked, before->version)) return refused(std::move(*refusal));
    CELLMON_TRY(
        classroom::set_status(c, update.instructor_id, update.status, update.session_id, now));
    if (caller_of(asked).account.id != update.instructor_id) {
        CELLMON_TRY(note(c, asked, "status.set", instructor(update.instructor_id),
                         std::string(name_of(update.status)), now));
    }
    CELLMON_TRY_ASSIGN(const auto changed, classroom::find_account(c, update.instructor_id));
    Response response = http::json_response(200, status_json(*changed));
    response.headers.emplace_back("ETag", version_tag(changed->version));
    return answered(std::move(response));
}

/// Who is connected is told when it is stored.
Response set_and_tell(const AccountParts& parts, const Request& asked, const Update& update) {
    Response response = transact(parts.database, [&](sql::Connection& c) {
        return apply(c, asked, update, parts.clock.now_us());
    });
    if (response.status == 200) parts.status_changed(update.instructor_id);
    return response;
}

void set(const AccountParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, kId, kNoStatus);
    if (!id) return responder.send(id.error());
    if (!may_set(caller_of(request), *id)) return responder.send(not_allowed());
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto status = status_of(*fields);
    const auto session_id = fields->integer("current_session_id", Presence::optional);
    if (!fields->ok()) return responder.send(fields->refusal());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, update = Update{*id, *status, session_id}](const Request& asked) {
                  const auto known = session_is_known(parts, update.session_id);
                  if (!known) return store_refusal(known.error());
                  if (!*known) return unknown_session(*update.session_id);
                  return set_and_tell(parts, asked, update);
              });
}

void history(const AccountParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, kId, kNoStatus);
    if (!id) return responder.send(id.error());
    const auto skip = query_number(request, "skip", 0, 0, std::numeric_limits<std::int64_t>::max());
    if (!skip) return responder.send(skip.error());
    const auto limit = query_number(request, "limit", 100, 1, 1'000);
    if (!limit) return responder.send(limit.error());
    if (!may_set(caller_of(request), *id)) return responder.send(not_allowed());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, id = *id, skip = *skip, limit = *limit](const Request& asked) {
                  return transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(const auto account, classroom::find_account(c, id));
                      if (!account) return refused(404, kNoStatus);
                      CELLMON_TRY_ASSIGN(const auto periods,
                                         classroom::status_history(c, id, skip, limit));
                      if (caller_of(asked).account.id != id) {
                          CELLMON_TRY(note(c, asked, "status.history", instructor(id), "",
                                           parts.clock.now_us()));
                      }
                      return answered(http::json_response(200, history_json(periods)));
                  });
              });
}

/// One of a bulk, in a transaction of its own: the others do not depend on it.
std::string bulk_result(const AccountParts& parts, const Request& asked, const Update& update,
                        bool& done) {
    const auto failed = [&](std::string_view why) {
        return fmt::format(R"({{"instructor_id":{},"success":false,"error":"{}"}})",
                           update.instructor_id, why);
    };
    done = false;
    if (!may_set(caller_of(asked), update.instructor_id)) {
        return failed("This account may not do that");
    }
    const auto known = session_is_known(parts, update.session_id);
    if (!known) return failed("The sessions cannot be read now; try again");
    if (!*known) return failed("There is no session with this id");
    const Response response = set_and_tell(parts, asked, update);
    if (response.status == 404) return failed(kNoStatus);
    if (response.status == 412) return failed("It was changed meanwhile");
    if (response.status != 200) return failed("The classroom's database is away; try again");
    done = true;
    return fmt::format(
        R"({{"instructor_id":{},"status":"{}","current_session_id":{},"success":true}})",
        update.instructor_id, name_of(update.status),
        update.session_id ? std::to_string(*update.session_id) : "null");
}

void bulk(const AccountParts& parts, Request&& request, Responder responder) {
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    std::vector<Update> updates;
    for (BodyFields& item : fields->objects("updates", kMostUpdates)) {
        const auto id = item.integer("instructor_id", Presence::required);
        const auto status = status_of(item);
        const auto session_id = item.integer("current_session_id", Presence::optional);
        if (id && status) updates.push_back({*id, *status, session_id});
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    if (updates.empty()) return responder.send(http::error_response(400, "No updates provided"));
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, updates = std::move(updates)](const Request& asked) {
                  std::size_t count = 0;
                  std::string results;
                  for (const Update& update : updates) {
                      bool done = false;
                      if (!results.empty()) results += ',';
                      results += bulk_result(parts, asked, update, done);
                      count += done ? 1 : 0;
                  }
                  return http::json_response(
                      200, fmt::format(R"({{"updated_count":{},"results":[{}]}})", count, results));
              });
}

}  // namespace

void add_instructor_status_routes(http::Router& router, const AccountParts& parts) {
    Mount<AccountParts> mount(router, parts);
    mount(Method::get, "/api/v1/instructor_status/{instructor_id}", read_own_status);
    mount(Method::put, "/api/v1/instructor_status/{instructor_id}", set);
    mount(Method::get, "/api/v1/instructor_status/{instructor_id}/history", history);
    mount(Method::post, "/api/v1/instructor_status/bulk", bulk);
}

}  // namespace cellmon::api
