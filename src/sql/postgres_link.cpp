#include "sql/postgres_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>

#include "base/assert.hpp"
#include "sql/connection.hpp"
#include "sql/sqlstate.hpp"

namespace cellmon::sql {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

/// Between two looks whether the wait was interrupted.
constexpr std::chrono::milliseconds kSlice{50};

std::string trimmed(const char* text) {
    std::string line = text == nullptr ? "" : text;
    while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
        line.pop_back();
    return line;
}

tl::unexpected<Error> no_answer(std::string_view what, const Patience& patience) {
    if (patience.is_interrupted()) return fail(ErrorCode::cancelled, "the wait was ended");
    return fail(ErrorCode::unavailable, std::string(what) + ": no answer in time");
}

/// False when the time is over, the wait was interrupted or the socket is broken.
bool wait_for(int socket, short events, Deadline deadline, const Patience& patience) {
    while (true) {
        auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
        if (socket < 0 || left.count() <= 0 || patience.is_interrupted()) return false;
        if (patience.interrupted != nullptr) left = std::min(left, kSlice);
        pollfd one{socket, events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(left.count()) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
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
    const Deadline deadline = SteadyClock::now() + patience.timeout;
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK) {
        if (step == PGRES_POLLING_FAILED || PQstatus(link.get()) == CONNECTION_BAD) {
            return fail(ErrorCode::unavailable, std::string(kWhat) + ": " + last_words(link.get()));
        }
        const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for(PQsocket(link.get()), events, deadline, patience)) {
            return no_answer(kWhat, patience);
        }
        step = PQconnectPoll(link.get());
    }
    if (PQsetnonblocking(link.get(), 1) != 0) {
        return fail(ErrorCode::unavailable, std::string(kWhat));
    }
    return link;
}

Result<void> wait_for_result(PGconn* connection, std::string_view what, const Patience& patience) {
    const Deadline deadline = SteadyClock::now() + patience.timeout;
    for (int unsent = PQflush(connection); unsent != 0; unsent = PQflush(connection)) {
        if (unsent < 0) {
            return fail(ErrorCode::unavailable, std::string(what) + ": " + last_words(connection));
        }
        if (!wait_for(PQsocket(connection), POLLIN | POLLOUT, deadline, patience)) {
            return no_answer(what, patience);
        }
        if (PQconsumeInput(connection) == 0) break;
    }
    while (PQisBusy(connection) != 0) {
        if (!wait_for(PQsocket(connection), POLLIN, deadline, patience)) {
            return no_answer(what, patience);
        }
        // What broke it comes as a result, with the server's last words.
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
