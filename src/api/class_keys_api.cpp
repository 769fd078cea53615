// The keys by which the events of a class are let in.
#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "auth/class_key.hpp"
#include "classroom/class_keys.hpp"

namespace cellmon::api {
namespace {

using classroom::ClassKey;
using http::Method;
using http::Request;
using http::Responder;
using Presence = BodyFields::Presence;

constexpr std::string_view kWhat = "Class";
constexpr std::string_view kKey = "Key";

Result<void> note_key(const Visit& visit, const ClassKey& key, std::string_view what) {
    return visit.note("class.key", fmt::format("class {}", key.class_id),
                      fmt::format("key {} {}", key.id, what));
}

/// Changes keys, and has this server know it before the answer goes out.
template <typename Work>
void change_keys(const ClassParts& parts, Request&& request, Responder responder, Work work) {
    change(parts, std::move(request), std::move(responder), std::move(work),
           [&parts](const http::Response& answer) {
               // A commit without an answer may have happened.
               const bool refused = 400 <= answer.status && answer.status < 500;
               if (!refused) parts.keys_changed();
           });
}

void list_keys(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kWhat);
    if (!id) return responder.send(id.error());
    const auto page = page_of(request);
    if (!page) return responder.send(page.error());
    look(parts, std::move(request), std::move(responder),
         [id = *id, page = *page](Visit& visit) -> RowAnswer {
             CELLMON_TRY_ASSIGN(const auto row, class_for(visit, id, Right::teach));
             if (!row) return refused(row.error());
             CELLMON_TRY_ASSIGN(const auto keys,
                                classroom::list_class_keys(visit.connection, id, page));
             return list_answer(visit, keys);
         });
}

void create_key(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kWhat);
    if (!id) return responder.send(id.error());
    auto fields = row_fields(request);
    if (!fields) return responder.send(std::move(fields).error());
    ClassKey made;
    made.class_id = *id;
    made.label = fields->line("label", Presence::optional, classroom::kKeyLabel);
    fields->nullable_time("expires_at").apply(made.expires_us);
    if (made.expires_us && *made.expires_us <= parts.clock.now_us()) {
        fields->refuse("expires_at", "value_error", "Value error, it is past already");
    }
    if (!fields->ok()) return responder.send(fields->refusal());
    std::string key = auth::make_class_key(parts.random);
    made.hash = auth::hash_of_token(key);
    made.ending = auth::ending_of_class_key(key);
    change_keys(parts, std::move(request), std::move(responder),
                [made = std::move(made), key = std::move(key)](Visit& visit) mutable -> RowAnswer {
                    CELLMON_TRY_ASSIGN(const auto row,
                                       class_for(visit, made.class_id, Right::teach));
                    if (!row) return refused(row.error());
                    made.created_by = visit.account_id();
                    const auto added = classroom::add_class_key(visit.connection, made, visit.now);
                    CELLMON_ROWS(added, ErrorCode::limit,
                                 refused(409, fmt::format("A class has at most {} good keys; "
                                                          "revoke one first",
                                                          classroom::kMostClassKeys)));
                    CELLMON_TRY_ASSIGN(const auto stored,
                                       classroom::find_class_key(visit.connection, *added));
                    CELLMON_TRY(note_key(visit, *stored, "made"));
                    return answered(http::json_response(201, new_key_json(*stored, key)));
                });
}

void revoke(const ClassParts& parts, Request&& request, Responder responder) {
    const auto id = row_id(request, "class_id", kWhat);
    if (!id) return responder.send(id.error());
    const auto key_id = row_id(request, "key_id", kKey);
    if (!key_id) return responder.send(key_id.error());
    change_keys(
        parts, std::move(request), std::move(responder),
        [id = *id, key_id = *key_id](Visit& visit) -> RowAnswer {
            CELLMON_TRY_ASSIGN(const auto row, class_for(visit, id, Right::teach));
            if (!row) return refused(row.error());
            CELLMON_TRY_ASSIGN(auto key, classroom::find_class_key(visit.connection, key_id));
            if (!key || key->class_id != id) {
                return refused(404, missing_text(kKey, key_id));
            }
            CELLMON_TRY_ASSIGN(const bool was_good,
                               classroom::revoke_class_key(visit.connection, key_id, visit.now));
            if (was_good) {
                key->revoked_us = visit.now;
                CELLMON_TRY(note_key(visit, *key, "revoked"));
            }
            return answered(http::json_response(200, json_of(*key)));
        });
}

}  // namespace

void add_class_keys_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::get, "/api/v1/classes/{class_id}/keys", list_keys);
    mount(Method::post, "/api/v1/classes/{class_id}/keys", create_key);
    mount(Method::delete_, "/api/v1/classes/{class_id}/keys/{key_id}", revoke);
}

}  // namespace cellmon::api
