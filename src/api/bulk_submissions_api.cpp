// Thousands of submissions at once: the good ones are stored, each other is named.
#include <algorithm>

#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::BulkItem;
using classroom::BulkOutcome;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;
using Presence = BodyFields::Presence;

/// What came in: the items that can be tried, and what is wrong with the others.
struct Batch {
    std::vector<BulkItem> items;
    std::vector<BulkOutcome> refused;
};

void read_item(BodyFields& fields, std::size_t index, Batch& batch) {
    BulkItem item;
    item.index = index;
    item.assignment_id = fields.id("assignment_id", Presence::required).value_or(0);
    item.student_id = fields.id("student_id", Presence::required).value_or(0);
    item.attempt = fields.integer("attempt", Presence::optional);
    const auto status = fields.line("status", Presence::optional, classroom::kSubmissionStatus);
    if (status) item.status = *status;
    item.grade = fields.nullable_real("grade", 0, classroom::kMostPoints).value;
    item.feedback = fields.nullable_text("feedback", classroom::kFeedback).value;
    if (fields.ok()) {
        batch.items.push_back(std::move(item));
        return;
    }
    const Issues::First& fault = fields.first_fault();
    BulkOutcome outcome;
    outcome.index = index;
    outcome.field = fault.place;
    outcome.reason = fault.message;
    batch.refused.push_back(std::move(outcome));
}

tl::expected<Batch, Response> read_batch(const Request& request,
                                         const classroom::ClassLimits& limits) {
    if (auto refusal = too_large(request, limits.body_bytes)) return tl::unexpected(*refusal);
    auto fields = BodyFields::parse(request);
    if (!fields) return tl::unexpected(std::move(fields).error());
    Batch batch;
    auto list = fields->separate_objects("submissions", limits.bulk_items);
    if (!fields->ok()) return tl::unexpected(fields->refusal());
    for (std::size_t i = 0; i < list.size(); ++i)
        read_item(list[i], i, batch);
    return batch;
}

RowAnswer add_batch(Visit& visit, const Batch& batch) {
    classroom::BulkRights rights;
    rights.class_is_theirs = [&](sql::Connection&, std::int64_t class_id) -> Result<bool> {
        CELLMON_TRY_ASSIGN(const Right right, visit.right_in(class_id));
        return right >= Right::teach;
    };
    rights.roster_only = !visit.may_everything();
    CELLMON_TRY_ASSIGN(auto outcomes,
                       classroom::add_submissions(visit.connection, batch.items, visit.account_id(),
                                                  rights, visit.now));
    const auto stored = std::count_if(outcomes.begin(), outcomes.end(),
                                      [](const auto& one) { return one.field.empty(); });
    outcomes.insert(outcomes.end(), batch.refused.begin(), batch.refused.end());
    std::sort(outcomes.begin(), outcomes.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    CELLMON_TRY(visit.note("submission.bulk", "submissions",
                           fmt::format("{} of {} stored", stored, outcomes.size())));
    return answered(http::json_response(200, json_of(outcomes)));
}

/// A body of thousands takes a while to read, which is not for an I/O thread.
void create_submissions(const ClassParts& parts, Request&& request, Responder responder) {
    answer_on(parts.rows, std::move(request), std::move(responder), [&parts](const Request& asked) {
        const auto batch = read_batch(asked, parts.limits);
        if (!batch) return batch.error();
        return transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
            CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, asked, parts.clock.now_us()));
            return add_batch(visit, *batch);
        });
    });
}

}  // namespace

void add_bulk_submissions_routes(http::Router& router, const ClassParts& parts) {
    ClassMount mount(router, parts);
    mount(Method::post, "/api/v1/submissions/bulk", create_submissions);
}

}  // namespace cellmon::api
