#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "api/class_parts.hpp"
#include "api/refusals.hpp"
#include "api/row_answer.hpp"
#include "auth/logins.hpp"
#include "classroom/classes.hpp"
#include "classroom/students.hpp"
#include "http/request.hpp"

namespace cellmon::api {

/// What somebody may do in one class; a later one may all that an earlier one may.
enum class Right : std::uint8_t {
    none,    ///< Does not know that it exists.
    own,     ///< Is a student of it: sees the class, its assignments, and what is their own.
    assist,  ///< Sees everything in it, and grades.
    teach,   ///< Changes it.
};

/// A request about classes within its transaction: who asks, and what they may do. Without a token,
/// where none is asked for, everybody may everything (`auth.mode = open`).
class Visit {
  public:
    static Result<Visit> of(sql::Connection& connection, const http::Request& request, TimeUs now);

    /// Nobody who is logged in, or an admin.
    [[nodiscard]] bool may_everything() const {
        return !caller_ || role() == classroom::Role::admin;
    }
    [[nodiscard]] bool is_student() const { return caller_ && role() == classroom::Role::student; }
    [[nodiscard]] std::optional<std::int64_t> account_id() const {
        if (!caller_) return std::nullopt;
        return caller_->account.id;
    }
    /// The row of students with the caller's address; 0, which no row has, when there is none.
    [[nodiscard]] std::int64_t student_id() const { return student_id_; }
    [[nodiscard]] const auth::Caller* caller() const { return caller_; }

    /// The rows that lists may show.
    [[nodiscard]] classroom::Scope scope() const;

    Result<Right> right_in(std::int64_t class_id) const;

    /// Why the class is not for the caller: 404 with `missing` for one that they do not know, 403
    /// where their right does not reach; nullopt: go on.
    Result<std::optional<http::Response>> bar(std::int64_t class_id, Right least,
                                              std::string_view missing) const;

    /// A line of the audit log.
    Result<void> note(std::string action, std::string subject, std::string detail = {}) const;

    sql::Connection& connection;
    const http::Request& request;
    const TimeUs now;

  private:
    Visit(sql::Connection& c, const http::Request& asked, TimeUs at)
        : connection(c), request(asked), now(at) {}
    [[nodiscard]] classroom::Role role() const { return caller_->account.role; }

    const auth::Caller* caller_ = nullptr;
    std::int64_t student_id_ = 0;
};

/// The class, when it is there and the caller's right in it reaches; else as Visit::bar().
Result<tl::expected<classroom::Class, http::Response>> class_for(const Visit& visit,
                                                                 std::int64_t class_id,
                                                                 Right least);

/// Leaves the function with the refusal, where there is one.
#define CELLMON_PASS(expression)                                                          \
    do {                                                                                  \
        auto cellmon_barred = (expression);                                               \
        if (!cellmon_barred) return ::cellmon::fail(std::move(cellmon_barred).error());   \
        if (*cellmon_barred) return ::cellmon::api::refused(std::move(**cellmon_barred)); \
    } while (false)

/// Answers a request by one transaction that changes rows: `work(Visit&)` gives a RowAnswer.
/// `behind(answer)` is called before the answer goes out, whatever it is.
template <typename Work, typename Behind>
void change(const RowParts& parts, http::Request&& request, http::Responder responder, Work work,
            Behind behind) {
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, work = std::move(work), behind](const http::Request& asked) mutable {
                  auto answer = transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, asked, parts.clock.now_us()));
                      return work(visit);
                  });
                  behind(std::as_const(answer));
                  return answer;
              });
}
template <typename Work>
void change(const RowParts& parts, http::Request&& request, http::Responder responder, Work work) {
    change(parts, std::move(request), std::move(responder), std::move(work),
           [](const http::Response&) {});
}

/// The same for a body that takes long to read: the worker reads it, `read(request)`, in front of
/// the transaction, and `work(Visit&, input)` gets what it read, or the error is the answer.
template <typename Read, typename Work>
void change_with(const RowParts& parts, http::Request&& request, http::Responder responder,
                 Read read, Work work) {
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, read, work = std::move(work)](const http::Request& asked) -> http::Response {
                  auto input = read(asked);
                  if (!input) return std::move(input).error();
                  return transact(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, asked, parts.clock.now_us()));
                      return work(visit, std::as_const(*input));
                  });
              });
}

/// The same for rows that say who may see whom: classes, their staff and rosters, students.
template <typename Work>
void change_memberships(const ClassParts& parts, http::Request&& request, http::Responder responder,
                        Work work) {
    change(parts, std::move(request), std::move(responder), std::move(work),
           [&parts](const http::Response& answer) {
               parts.sights.note_change();
               // Known here before the answer goes out: what comes in behind it is held to it.
               const bool refused = 400 <= answer.status && answer.status < 500;
               if (!refused) parts.consents_changed();
           });
}

/// The same for one that only reads, which waits for no writer.
template <typename Work>
void look(const RowParts& parts, http::Request&& request, http::Responder responder, Work work) {
    answer_on(parts.rows, std::move(request), std::move(responder),
              [&parts, work = std::move(work)](const http::Request& asked) mutable {
                  return inspect(parts.database, [&](sql::Connection& c) -> RowAnswer {
                      CELLMON_TRY_ASSIGN(Visit visit, Visit::of(c, asked, parts.clock.now_us()));
                      return work(visit);
                  });
              });
}

}  // namespace cellmon::api
