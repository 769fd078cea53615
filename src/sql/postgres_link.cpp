#include "sql/postgres_link.hpp"

#include <array>

#include <poll.h>

#include "base/assert.hpp"
#include "sql/connection.hpp"
#include "sql/sqlstate.hpp"

namespace cellmon::sql {
namespace {

std::string trimmed(const char* text) {
    std::string line = text == nullptr ? "" : text;
    while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
        line.pop_back();
    return line;
}

}  // namespace

Result<LinkPtr> connect_link(const std::string& url, const Patience& patience) {
    CELLMON_TRY(check_postgres_url(url));
    constexpr std::string_view kWhat = "cannot connect to PostgreSQL";
    const std::string timeout_ms = std::to_string(patience.timeout.count());
    const std::array<const char*, 8> names = {"dbname",
                                              "application_name",
                                              "client_encoding",
                                              "keepalives_idle",
                                              "keepalives_interval",
                                              "keepalives_count",
                                              "tcp_user_timeout",
                                              nullptr};
    const std::array<const char*, 8> values = {url.c_str(), "cellmon",          "UTF8", "5", "5",
                                               "3",         timeout_ms.c_str(), nullptr};
    LinkPtr link(PQconnectStartParams(names.data(), values.data(), 1));
    CELLMON_ASSERT(link != nullptr);
    // libpq would print them.
    PQsetNoticeProcessor(link.get(), [](void*, const char*) {}, nullptr);
    const Deadline deadline = deadline_of(patience);
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK) {
        if (step == PGRES_POLLING_FAILED || PQstatus(link.get()) == CONNECTION_BAD) {
            return fail(ErrorCode::unavailable, std::string(kWhat) + ": " + last_words(link.get()));
        }
        const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for_socket(PQsocket(link.get()), events, deadline, patience)) {
            return fail(no_answer(kWhat, patience));
        }
        step = PQconnectPoll(link.get());
    }
    if (PQsetnonblocking(link.get(), 1) != 0) {
        return fail(ErrorCode::unavailable, std::string(kWhat));
    }
    return link;
}

Result<void> send_all(PGconn* connection, std::string_view what, const Patience& patience) {
    const Deadline deadline = deadline_of(patience);
    for (int unsent = PQflush(connection); unsent != 0; unsent = PQflush(connection)) {
        if (unsent < 0) {
            return fail(ErrorCode::unavailable, std::string(what) + ": " + last_words(connection));
        }
        if (!wait_for_socket(PQsocket(connection), POLLIN | POLLOUT, deadline, patience)) {
            return fail(no_answer(what, patience));
        }
        // What broke it comes as a result, with the server's last words.
        if (PQconsumeInput(connection) == 0) break;
    }
    return {};
}

Result<void> wait_for_result(PGconn* connection, std::string_view what, const Patience& patience) {
    const Deadline deadline = deadline_of(patience);
    CELLMON_TRY(send_all(connection, what, patience));
    while (PQisBusy(connection) != 0) {
        if (!wait_for_socket(PQsocket(connection), POLLIN, deadline, patience)) {
            return fail(no_answer(what, patience));
        }
        if (PQconsumeInput(connection) == 0) break;
    }
    return {};
}

Error error_of(std::string_view statement, const PGresult* result) {
    const std::string state = trimmed(PQresultErrorField(result, PG_DIAG_SQLSTATE));
    const std::string primary = trimmed(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    return {state.empty() ? ErrorCode::unavailable : code_of_sqlstate(state),
            std::string(statement) + ": " + (primary.empty() ? "the connection is lost" : primary) +
                " (PostgreSQL " + state + ")"};
}

bool link_is_lost(const PGconn* connection, const PGresult* error) {
    return PQresultErrorField(error, PG_DIAG_SQLSTATE) == nullptr ||
           PQstatus(connection) != CONNECTION_OK;
}

std::string last_words(const PGconn* connection) {
    return trimmed(PQerrorMessage(connection));
}

}  // namespace cellmon::sql
