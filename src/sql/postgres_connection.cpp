// PostgreSQL as a Connection. No call of libpq that waits without end is used: a server that is
// stopped or cut off keeps its connections open and says nothing.
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include <libpq-fe.h>
#include <poll.h>

#include "base/assert.hpp"
#include "sql/connection.hpp"
#include "sql/sqlstate.hpp"

namespace cellmon::sql {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

/// Type numbers that PostgreSQL will never change (pg_type.dat).
enum TypeId : Oid {
    kUnknown = 0,
    kBool = 16,
    kInt8 = 20,
    kInt2 = 21,
    kInt4 = 23,
    kText = 25,
    kFloat4 = 700,
    kFloat8 = 701
};

/// Held by whoever changes the schema, until its transaction ends: "cellmon" in ASCII.
constexpr const char* kSchemaLock = "SELECT pg_advisory_xact_lock(28539362937499502)";

struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

std::string trimmed(const char* text) {
    std::string line = text == nullptr ? "" : text;
    while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
        line.pop_back();
    return line;
}

/// False when the time is over or the socket is broken.
bool wait_for(int socket, short events, Deadline deadline) {
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
        if (socket < 0 || left.count() <= 0) return false;
        pollfd one{socket, events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(left.count()) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

std::optional<std::string> text_of(const Value& value) {
    struct Writer {
        std::optional<std::string> operator()(std::nullptr_t) const { return std::nullopt; }
        std::optional<std::string> operator()(bool value) const { return value ? "t" : "f"; }
        std::optional<std::string> operator()(std::int64_t value) const {
            return std::to_string(value);
        }
        std::optional<std::string> operator()(double value) const {
            std::array<char, 32> digits;
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
            return std::string(digits.data(), end);
        }
        std::optional<std::string> operator()(const std::string& value) const { return value; }
    };
    return std::visit(Writer(), value.data());
}

Oid type_of(const Value& value) {
    constexpr std::array<Oid, 5> kTypes = {kUnknown, kBool, kInt8, kFloat8, kText};
    return kTypes[value.data().index()];
}

template <typename Number>
Number number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    CELLMON_ASSERT(error == std::errc() && end == text.data() + text.size());
    return number;
}

Value column_of(const PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column) != 0) return nullptr;
    const std::string_view text(PQgetvalue(result, row, column),
                                static_cast<std::size_t>(PQgetlength(result, row, column)));
    switch (PQftype(result, column)) {
        case kBool:
            return text == "t";
        case kInt2:
        case kInt4:
        case kInt8:
            return number_of<std::int64_t>(text);
        case kFloat4:
        case kFloat8:
            return number_of<double>(text);
        default:
            return text;
    }
}

class PostgresConnection final : public Connection {
  public:
    PostgresConnection(PGconn* connection, std::chrono::milliseconds timeout)
        : connection_(connection), timeout_(timeout) {}
    ~PostgresConnection() override { PQfinish(connection_); }
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    Result<void> connect() {
        const Deadline deadline = SteadyClock::now() + timeout_;
        PostgresPollingStatusType step = PGRES_POLLING_WRITING;
        while (step != PGRES_POLLING_OK) {
            if (step == PGRES_POLLING_FAILED || PQstatus(connection_) == CONNECTION_BAD) {
                return lost("cannot connect to PostgreSQL", trimmed(PQerrorMessage(connection_)));
            }
            const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
            if (!wait_for(PQsocket(connection_), events, deadline)) {
                return lost("cannot connect to PostgreSQL", "no answer in time");
            }
            step = PQconnectPoll(connection_);
        }
        PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
        if (PQsetnonblocking(connection_, 1) != 0) return lost("cannot connect", "");
        // The server ends by itself what nobody waits for any more. And what is acknowledged is
        // synced, whatever the database was told: more than that (`remote_apply`) stays.
        const std::string ms = std::to_string(timeout_.count());
        return script("SET statement_timeout = " + ms + "; SET lock_timeout = " + ms +
                      "; SET idle_in_transaction_session_timeout = 60000; "
                      "SELECT set_config('synchronous_commit', 'on', false) "
                      "WHERE current_setting('synchronous_commit') = 'off'");
    }

    [[nodiscard]] Engine engine() const override { return Engine::postgres; }

    Result<Rows> execute(std::string_view text, std::span<const Value> parameters) override {
        const std::string statement(text);
        std::vector<std::optional<std::string>> texts;
        std::vector<const char*> values;
        std::vector<Oid> types;
        for (const Value& parameter : parameters) {
            texts.push_back(text_of(parameter));
            types.push_back(type_of(parameter));
        }
        for (const auto& one : texts) {
            // What PostgreSQL cannot hold; elsewhere the text would silently end there.
            if (one && one->find('\0') != std::string::npos) {
                return fail(ErrorCode::invalid, statement + ": a text holds a NUL");
            }
            values.push_back(one ? one->c_str() : nullptr);
        }
        if (!usable()) return lost(statement, "the connection is closed");
        if (PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(values.size()),
                              types.data(), values.data(), nullptr, nullptr, 0) == 0) {
            return lost(statement, trimmed(PQerrorMessage(connection_)));
        }
        return take_rows(statement);
    }

    Result<void> script(const std::string& statements) override {
        if (!usable()) return lost(statements, "the connection is closed");
        if (PQsendQuery(connection_, statements.c_str()) == 0) {
            return lost(statements, trimmed(PQerrorMessage(connection_)));
        }
        CELLMON_TRY(take_rows(statements.substr(0, statements.find('\n'))));
        return {};
    }

    Result<void> begin(Access access) override {
        switch (access) {
            case Access::read:
                return script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            case Access::write:
                return script("BEGIN ISOLATION LEVEL SERIALIZABLE");
            case Access::schema:
                break;
        }
        // A picture taken before the lock was had would be of the old schema.
        CELLMON_TRY(script("BEGIN ISOLATION LEVEL READ COMMITTED"));
        CELLMON_TRY(run(kSchemaLock));
        return {};
    }

    Result<void> commit() override { return script("COMMIT"); }

    void rollback() override {
        if (!usable() || PQtransactionStatus(connection_) == PQTRANS_IDLE) return;
        if (!script("ROLLBACK")) broken_ = true;
    }

    [[nodiscard]] bool usable() const override {
        return !broken_ && PQstatus(connection_) == CONNECTION_OK;
    }

  private:
    tl::unexpected<Error> lost(std::string_view what, const std::string& why) {
        broken_ = true;
        return fail(ErrorCode::unavailable, std::string(what) + ": " + why);
    }

    /// Sends what is left of the statement and reads everything that comes back of it.
    Result<Rows> take_rows(const std::string& statement) {
        const Deadline deadline = SteadyClock::now() + timeout_;
        Rows rows;
        std::optional<Error> error;
        while (true) {
            CELLMON_TRY(wait_for_result(statement, deadline));
            const ResultPtr result(PQgetResult(connection_));
            if (result == nullptr) break;
            const ExecStatusType status = PQresultStatus(result.get());
            if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
                append(rows, result.get());
            } else if (!error) {
                error = error_of(statement, result.get());
            }
        }
        if (error) return fail(std::move(*error));
        return rows;
    }

    Result<void> wait_for_result(const std::string& statement, Deadline deadline) {
        for (int unsent = PQflush(connection_); unsent != 0; unsent = PQflush(connection_)) {
            if (unsent < 0) return lost(statement, trimmed(PQerrorMessage(connection_)));
            if (!wait_for(PQsocket(connection_), POLLIN | POLLOUT, deadline)) {
                return lost(statement, "no answer in time");
            }
            if (PQconsumeInput(connection_) == 0) break;
        }
        while (PQisBusy(connection_) != 0) {
            if (!wait_for(PQsocket(connection_), POLLIN, deadline)) {
                return lost(statement, "no answer in time");
            }
            // What broke it comes as a result, with the server's last words.
            if (PQconsumeInput(connection_) == 0) break;
        }
        return {};
    }

    static void append(Rows& rows, const PGresult* result) {
        const int columns = PQnfields(result);
        for (int row = 0; row < PQntuples(result); ++row) {
            std::vector<Value> values;
            values.reserve(static_cast<std::size_t>(columns));
            for (int column = 0; column < columns; ++column)
                values.push_back(column_of(result, row, column));
            rows.rows.emplace_back(std::move(values));
        }
        auto* const whole = const_cast<PGresult*>(result);  // libpq only reads it.
        const std::string_view changed = PQcmdTuples(whole);
        const bool read = std::string_view(PQcmdStatus(whole)).starts_with("SELECT");
        if (!read && !changed.empty()) rows.changed = number_of<std::int64_t>(changed);
    }

    /// Without the detail, which quotes the row.
    Error error_of(const std::string& statement, const PGresult* result) {
        const std::string state = trimmed(PQresultErrorField(result, PG_DIAG_SQLSTATE));
        const std::string primary = trimmed(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        // The connection went away before the server could say why.
        if (state.empty() || PQstatus(connection_) != CONNECTION_OK) broken_ = true;
        return {state.empty() ? ErrorCode::unavailable : code_of_sqlstate(state),
                statement + ": " + (primary.empty() ? "the connection is lost" : primary) +
                    " (PostgreSQL " + state + ")"};
    }

    PGconn* connection_;
    const std::chrono::milliseconds timeout_;
    bool broken_ = false;
};

}  // namespace

Result<void> check_postgres_url(const std::string& url) {
    PQconninfoOption* const options = PQconninfoParse(url.c_str(), nullptr);
    const bool read = options != nullptr;
    PQconninfoFree(options);
    // What libpq says of it may quote all of it, the password too.
    if (!read) {
        return fail(ErrorCode::invalid,
                    "postgres.url cannot be read; its form is "
                    "postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
    }
    return {};
}

Result<std::unique_ptr<Connection>> connect_postgres(const std::string& url,
                                                     std::chrono::milliseconds timeout) {
    CELLMON_TRY(check_postgres_url(url));
    const std::string timeout_ms = std::to_string(timeout.count());
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
    PGconn* const started = PQconnectStartParams(names.data(), values.data(), 1);
    CELLMON_ASSERT(started != nullptr);
    auto connection = std::make_unique<PostgresConnection>(started, timeout);
    CELLMON_TRY(connection->connect());
    return connection;
}

}  // namespace cellmon::sql
