#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "api/refusals.hpp"
#include "base/clock.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

// A request that is one transaction on the classroom's rows, and its answer.

/// What the work of a transaction comes to: an error of the database, an answer behind the commit,
/// or a refusal, which rolls back.
using RowAnswer = Result<tl::expected<http::Response, http::Response>>;

[[nodiscard]] RowAnswer answered(http::Response response);
[[nodiscard]] RowAnswer refused(http::Response response);
[[nodiscard]] RowAnswer refused(unsigned status, std::string_view detail);

/// Runs the work, which may be called several times, and gives the answer to send.
template <typename Work>
http::Response transact(sql::Database& database, Work work) {
    std::optional<http::Response> refusal;
    auto done = database.write([&](sql::Connection& connection) -> Result<http::Response> {
        refusal.reset();
        CELLMON_TRY_ASSIGN(auto answer, work(connection));
        if (answer) return std::move(*answer);
        refusal = std::move(answer).error();
        return fail(ErrorCode::cancelled, "refused");
    });
    if (refusal) return std::move(*refusal);
    return done ? std::move(*done) : store_refusal(done.error());
}

/// `instructor 7`, as the audit log names it.
[[nodiscard]] std::string instructor(std::int64_t id);

/// A line of the audit log of who asks, in the transaction.
Result<void> note(sql::Connection& connection, const http::Request& request, std::string action,
                  std::string subject, std::string detail, TimeUs now);

}  // namespace cellmon::api
