#pragma once

// What everything that speaks to PostgreSQL shares. No call of libpq that waits without end is
// used: a server that is stopped or cut off keeps its connections open and says nothing.

#include <memory>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "base/patience.hpp"
#include "base/result.hpp"

namespace cellmon::sql {

struct ConnectionCloser {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ResultCloser {
    void operator()(PGresult* result) const { PQclear(result); }
};
using LinkPtr = std::unique_ptr<PGconn, ConnectionCloser>;
using ResultPtr = std::unique_ptr<PGresult, ResultCloser>;

/// A connection that blocks in no call and prints no notices. `url` as for connect_postgres.
/// ErrorCode::unavailable when it cannot be had in time; the message holds no password.
Result<LinkPtr> connect_link(const std::string& url, const Patience& patience);

/// Hands what libpq has still to send to the network, or learns that the connection is broken,
/// which comes as a result. Errors as of wait_for_result().
Result<void> send_all(PGconn* connection, std::string_view what, const Patience& patience);

/// Sends what is left to send and waits until the next result can be fetched without waiting, or
/// the connection is broken, which comes as a result. ErrorCode::unavailable when no answer came
/// in time, cancelled when the wait was interrupted: then the connection is of no use any more.
Result<void> wait_for_result(PGconn* connection, std::string_view what, const Patience& patience);

/// What went wrong with the statement, without the detail, which quotes the row.
/// ErrorCode::unavailable when the connection went away before the server could say why.
[[nodiscard]] Error error_of(std::string_view statement, const PGresult* result);

/// Whether the error is one of the connection, which is of no use any more.
[[nodiscard]] bool link_is_lost(const PGconn* connection, const PGresult* error);

/// What libpq says last, without the line's end.
[[nodiscard]] std::string last_words(const PGconn* connection);

}  // namespace cellmon::sql
