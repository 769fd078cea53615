#include "api/auth_api.hpp"

#include <utility>

#include "api/account_json.hpp"
#include "api/body_fields.hpp"
#include "api/gate.hpp"
#include "api/refusals.hpp"
#include "api/row_parts.hpp"

namespace cellmon::api {
namespace {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;

Response login_answer(const Result<auth::Issued>& issued) {
    if (!issued) {
        return issued.error().code == ErrorCode::permission ? unauthorized("Invalid credentials")
                                                            : store_refusal(issued.error());
    }
    std::string json = R"({"instructor":)";
    append_instructor(json, issued->account);
    json += R"(,"token":)" + token_json(*issued) + '}';
    return http::json_response(200, std::move(json));
}

void login(const AccountParts& parts, Request&& request, Responder responder) {
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto email = fields->email("email");
    const auto password = fields->secret("password");
    if (!fields->ok()) return responder.send(fields->refusal());
    if (const auto wait_us = parts.logins.login_wait_us(*email, request.remote_address)) {
        return responder.send(too_many("Too many attempts to log in; wait", wait_us));
    }
    answer_on(parts.passwords, std::move(request), std::move(responder),
              [&parts, email = *email, password = *password](const Request& asked) {
                  const auto issued = parts.logins.login(email, password, asked.remote_address);
                  if (issued) parts.status_changed(issued->account.id);
                  return login_answer(issued);
              });
}

void refresh(const AccountParts& parts, Request&& request, Responder responder) {
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto token = fields->secret("refresh_token");
    if (!fields->ok()) return responder.send(fields->refusal());
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, token = *token](const Request& asked) {
                  const auto issued = parts.logins.refresh(token, asked.remote_address);
                  if (issued) return http::json_response(200, token_json(*issued));
                  return issued.error().code == ErrorCode::permission
                             ? unauthorized("Could not validate credentials")
                             : store_refusal(issued.error());
              });
}

void change_password(const AccountParts& parts, Request&& request, Responder responder) {
    auto fields = BodyFields::parse(request);
    if (!fields) return responder.send(std::move(fields).error());
    const auto current = fields->secret("current_password");
    const auto next = fields->secret("new_password");
    if (next) {
        if (const auto good = auth::check_new_password(*next); !good) {
            fields->refuse("new_password", "value_error", "Value error, " + good.error().message);
        }
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    // Whoever has a token may not try passwords with it faster than without.
    const auto& caller = caller_of(request);
    if (const auto wait_us =
            parts.logins.login_wait_us(caller.account.email, request.remote_address)) {
        return responder.send(too_many("Too many attempts; wait", wait_us));
    }
    answer_on(parts.passwords, std::move(request), std::move(responder),
              [&parts, current = *current, next = *next](const Request& asked) {
                  const auto done = parts.logins.change_password(caller_of(asked), current, next);
                  if (done) {
                      return http::json_response(200,
                                                 message_json("Password updated successfully"));
                  }
                  return done.error().code == ErrorCode::permission
                             ? http::error_response(400, done.error().message)
                             : store_refusal(done.error());
              });
}

void logout(const AccountParts& parts, Request&& request, Responder responder) {
    answer_on(parts.rows, std::move(request), std::move(responder), [&parts](const Request& asked) {
        const auto done = parts.logins.logout(caller_of(asked));
        if (done) parts.status_changed(caller_of(asked).account.id);
        return done ? http::json_response(200, message_json("Successfully logged out"))
                    : store_refusal(done.error());
    });
}

}  // namespace

void add_auth_routes(http::Router& router, const AccountParts& parts) {
    Mount<AccountParts> mount(router, parts);
    mount(Method::post, "/api/v1/auth/login", login);
    mount(Method::post, "/api/v1/auth/refresh", refresh);
    mount(Method::put, "/api/v1/auth/password", change_password);
    mount(Method::post, "/api/v1/auth/logout", logout);
    router.add(Method::get, "/api/v1/auth/me", [](Request&& request, Responder responder) {
        const classroom::Account& account = caller_of(request).account;
        responder.send(tagged(request, instructor_json(account), version_tag(account.version)));
    });
}

}  // namespace cellmon::api
