#include "api/instructors_api.hpp"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "api/account_json.hpp"
#include "api/body_fields.hpp"
#include "api/gate.hpp"
#include "api/parameters.hpp"
#include "api/refusals.hpp"
#include "api/row_answer.hpp"
#include "api/row_parts.hpp"
#include "auth/token.hpp"
#include "classroom/sessions.hpp"

namespace cellmon::api {
namespace {

using classroom::Account;
using classroom::Role;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::string_view kNoInstructor = "Instructor not found";
constexpr std::string_view kInstructorId = "instructor_id";
constexpr std::uint64_t kMostRows = std::numeric_limits<std::int64_t>::max();

void list_instructors(const AccountParts& parts, Request&& request, Responder responder) {
    const auto skip = query_number(request, "skip", 0, 0, kMostRows);
    if (!skip) return responder.send(skip.error());
    const auto limit = query_number(request, "limit", 100, 1, 1'000);
    if (!limit) return responder.send(limit.error());
    const auto active = query_truth(request, "is_active");
    if (!active) return responder.send(active.error());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, skip = *skip, limit = *limit, active = *active](const Request& asked) {
                  return transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(const auto accounts,
                                         classroom::list_accounts(c, skip, limit, active));
                      CELLMON_TRY(
                          note(c, asked, "account.list", "instructors", "", parts.clock.now_us()));
                      std::string json = instructors_json(accounts);
                      const std::string tag = fmt::format("\"{:.32}\"", auth::hash_of_token(json));
                      return answered(tagged(asked, std::move(json), tag));
                  });
              });
}

void create_instructor(const AccountParts& parts, Request&& request, Responder responder) {
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto email = fields->email("email");
    const auto name = fields->name("name", Presence::required);
    const auto role =
        fields->choice("role", Presence::optional, {"student", "assistant", "instructor", "admin"});
    const auto password = fields->secret("password");
    if (password) {
        if (const auto good = auth::check_new_password(*password); !good) {
            fields->refuse("password", "value_error", "Value error, " + good.error().message);
        }
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    classroom::NewAccount account{*email, *name, role ? static_cast<Role>(*role) : Role::instructor,
                                  ""};
    answer_on(parts.passwords, std::move(request), std::move(responder),
              [&parts, account, password = *password](const Request& asked) mutable {
                  auto hash = auth::hash_password(password, parts.cost);
                  if (!hash) return store_refusal(hash.error());
                  account.password_hash = std::move(*hash);
                  Response answer = transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      const TimeUs now = parts.clock.now_us();
                      CELLMON_TRY_ASSIGN(const auto id, classroom::add_account(c, account, now));
                      CELLMON_TRY(note(c, asked, "account.create", instructor(id),
                                       fmt::format("role {}", name_of(account.role)), now));
                      CELLMON_TRY_ASSIGN(const auto made, classroom::find_account(c, id));
                      return answered(http::json_response(201, instructor_json(*made)));
                  });
                  if (answer.status == 409) {
                      answer = http::error_response(409, "Email already registered");
                  }
                  return answer;
              });
}

void read_instructor(const AccountParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, kInstructorId, kNoInstructor);
    if (!id) return responder.send(id.error());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, id = *id](const Request& asked) {
                  return transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(const auto account, classroom::find_account(c, id));
                      if (!account) return refused(404, kNoInstructor);
                      CELLMON_TRY(
                          note(c, asked, "account.read", instructor(id), "", parts.clock.now_us()));
                      return answered(
                          tagged(asked, instructor_json(*account), version_tag(account->version)));
                  });
              });
}

/// What is to be changed, for the audit log.
std::string described(const classroom::AccountChange& change) {
    std::string text;
    if (change.name) text += "name ";
    if (change.role) text += fmt::format("role {} ", name_of(*change.role));
    if (change.is_active) text += *change.is_active ? "active " : "inactive ";
    if (!text.empty()) text.pop_back();
    return text;
}

/// Why the change must not be made; nullopt: it may.
Result<std::optional<Response>> forbidden(sql::Connection& connection, const Account& account,
                                          const classroom::AccountChange& change) {
    const bool loses =
        account.role == Role::admin && account.is_active &&
        ((change.role && *change.role != Role::admin) || (change.is_active && !*change.is_active));
    if (!loses) return std::optional<Response>();
    CELLMON_TRY_ASSIGN(const bool another,
                       classroom::another_admin_is_active(connection, account.id));
    if (another) return std::optional<Response>();
    return std::optional<Response>(http::error_response(
        409, "This is the last active admin: without one nobody could make another"));
}

RowAnswer apply(sql::Connection& c, const Request& asked, std::int64_t id,
                const classroom::AccountChange& change, std::string action, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto account, classroom::find_account(c, id));
    if (!account) return refused(404, kNoInstructor);
    if (auto refusal = stale(asked, account->version)) return refused(std::move(*refusal));
    CELLMON_TRY_ASSIGN(auto refusal, forbidden(c, *account, change));
    if (refusal) return refused(std::move(*refusal));
    CELLMON_TRY(classroom::change_account(c, id, change, now));
    if (change.is_active && !*change.is_active) CELLMON_TRY(classroom::end_logins(c, id));
    CELLMON_TRY(note(c, asked, std::move(action), instructor(id), described(change), now));
    CELLMON_TRY_ASSIGN(const auto changed, classroom::find_account(c, id));
    Response response = http::json_response(200, instructor_json(*changed));
    response.headers.emplace_back("ETag", version_tag(changed->version));
    return answered(std::move(response));
}

void update_instructor(const AccountParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, kInstructorId, kNoInstructor);
    if (!id) return responder.send(id.error());
    const Account& self = caller_of(request).account;
    if (self.role != Role::admin && self.id != *id) {
        return responder.send(not_allowed());
    }
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    classroom::AccountChange change;
    change.name = fields->name("name", Presence::optional);
    const auto role =
        fields->choice("role", Presence::optional, {"student", "assistant", "instructor", "admin"});
    if (role) change.role = static_cast<Role>(*role);
    change.is_active = fields->boolean("is_active", Presence::optional);
    if (self.role != Role::admin && (change.role || change.is_active)) {
        return responder.send(not_allowed());
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, id = *id, change](const Request& asked) {
                  return transact(parts.database, [&](sql::Connection& c) {
                      return apply(c, asked, id, change, "account.update", parts.clock.now_us());
                  });
              });
}

void remove_instructor(const AccountParts& parts, Request&& request, Responder responder) {
    const auto id = path_id(request, kInstructorId, kNoInstructor);
    if (!id) return responder.send(id.error());
    if (caller_of(request).account.id == *id) {
        return responder.send(http::error_response(400, "Cannot delete yourself"));
    }
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, id = *id](const Request& asked) {
                  classroom::AccountChange change;
                  change.is_active = false;
                  Response response = transact(parts.database, [&](sql::Connection& c) {
                      return apply(c, asked, id, change, "account.delete", parts.clock.now_us());
                  });
                  if (response.status == 200) {
                      response.body = message_json("Instructor successfully deleted");
                  }
                  return response;
              });
}

}  // namespace

void add_instructors_routes(http::Router& router, const AccountParts& parts) {
    Mount<AccountParts> mount(router, parts);
    mount(Method::get, "/api/v1/instructors", list_instructors);
    mount(Method::post, "/api/v1/instructors", create_instructor);
    mount(Method::get, "/api/v1/instructors/{instructor_id}", read_instructor);
    mount(Method::put, "/api/v1/instructors/{instructor_id}", update_instructor);
    mount(Method::delete_, "/api/v1/instructors/{instructor_id}", remove_instructor);
}

}  // namespace cellmon::api
