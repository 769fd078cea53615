#include "backup/postgres_session.hpp"

#include <poll.h>

namespace cellmon::backup {
namespace {

struct FreeMemory {
    void operator()(char* memory) const { PQfreemem(memory); }
};

/// The first words, which name no row.
std::string what_of(const std::string& statement) {
    return "PostgreSQL, " + statement.substr(0, 60);
}

}  // namespace

Result<PostgresSession> PostgresSession::open(const std::string& url, const Patience& patience) {
    CELLMON_TRY_ASSIGN(auto link, sql::connect_link(url, patience));
    PostgresSession session(std::move(link), patience);
    const auto ms = std::to_string(patience.timeout.count());
    // Texts of a COPY must be the same wherever it is read again.
    CELLMON_TRY(session.run("SET statement_timeout = 0; SET lock_timeout = " + ms +
                            "; SET idle_in_transaction_session_timeout = 0; "
                            "SET bytea_output = hex; SET datestyle = 'ISO'; "
                            "SET extra_float_digits = 1; SET synchronous_commit = on"));
    return session;
}

Result<sql::ResultPtr> PostgresSession::next_result(const std::string& statement) {
    CELLMON_TRY(sql::wait_for_result(link_.get(), what_of(statement), patience_));
    return sql::ResultPtr(PQgetResult(link_.get()));
}

Result<sql::ResultPtr> PostgresSession::send(const std::string& statement) {
    if (PQsendQuery(link_.get(), statement.c_str()) == 0) {
        return fail(ErrorCode::unavailable,
                    what_of(statement) + ": " + sql::last_words(link_.get()));
    }
    return next_result(statement);
}

Result<void> PostgresSession::drain(const std::string& statement) {
    Result<void> outcome;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto result, next_result(statement));
        if (result == nullptr) return outcome;
        if (outcome && PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
            outcome = fail(sql::error_of(what_of(statement), result.get()));
        }
    }
}

Result<PostgresSession::TextRows> PostgresSession::query(const std::string& statement) {
    CELLMON_TRY_ASSIGN(auto result, send(statement));
    TextRows rows;
    Result<void> outcome;
    while (result != nullptr) {
        const ExecStatusType status = PQresultStatus(result.get());
        if (outcome && status == PGRES_FATAL_ERROR) {
            outcome = fail(sql::error_of(what_of(statement), result.get()));
        }
        for (int row = 0; status == PGRES_TUPLES_OK && row < PQntuples(result.get()); ++row) {
            auto& columns = rows.emplace_back();
            for (int column = 0; column < PQnfields(result.get()); ++column)
                columns.emplace_back(
                    PQgetvalue(result.get(), row, column),
                    static_cast<std::size_t>(PQgetlength(result.get(), row, column)));
        }
        CELLMON_TRY_ASSIGN(result, next_result(statement));
    }
    CELLMON_TRY(outcome);
    return rows;
}

Result<void> PostgresSession::run(const std::string& statement) {
    CELLMON_TRY(query(statement));
    return {};
}

Result<void> PostgresSession::copy_out(const std::string& statement,
                                       const std::function<Result<void>(std::string_view)>& sink) {
    CELLMON_TRY_ASSIGN(const auto begun, send(statement));
    if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) {
        Error error = sql::error_of(what_of(statement), begun.get());
        static_cast<void>(drain(statement));
        return fail(std::move(error));
    }
    while (true) {
        char* row = nullptr;
        const int size = PQgetCopyData(link_.get(), &row, 1);
        const std::unique_ptr<char, FreeMemory> owned(row);
        if (size > 0) {
            CELLMON_TRY(sink({row, static_cast<std::size_t>(size)}));
        } else if (size == 0) {
            if (!wait_for_socket(PQsocket(link_.get()), POLLIN, deadline_of(patience_),
                                 patience_)) {
                return fail(no_answer(what_of(statement), patience_));
            }
            if (PQconsumeInput(link_.get()) == 0) {
                return fail(ErrorCode::unavailable,
                            what_of(statement) + ": " + sql::last_words(link_.get()));
            }
        } else {
            return drain(statement);
        }
    }
}

Result<void> PostgresSession::begin_copy_in(const std::string& statement) {
    CELLMON_TRY_ASSIGN(const auto begun, send(statement));
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN) {
        Error error = sql::error_of(what_of(statement), begun.get());
        static_cast<void>(drain(statement));
        return fail(std::move(error));
    }
    copying_ = statement;
    return {};
}

Result<void> PostgresSession::copy_in(std::string_view bytes) {
    while (!bytes.empty()) {
        constexpr std::size_t kMost = 64U << 10U;
        const std::string_view piece = bytes.substr(0, kMost);
        const int put = PQputCopyData(link_.get(), piece.data(), static_cast<int>(piece.size()));
        if (put < 0) {
            return fail(ErrorCode::unavailable,
                        what_of(copying_) + ": " + sql::last_words(link_.get()));
        }
        if (put == 1) bytes.remove_prefix(piece.size());
        CELLMON_TRY(sql::send_all(link_.get(), what_of(copying_), patience_));
    }
    return {};
}

Result<void> PostgresSession::end_copy_in() {
    while (true) {
        const int put = PQputCopyEnd(link_.get(), nullptr);
        if (put < 0) {
            return fail(ErrorCode::unavailable,
                        what_of(copying_) + ": " + sql::last_words(link_.get()));
        }
        CELLMON_TRY(sql::send_all(link_.get(), what_of(copying_), patience_));
        if (put == 1) return drain(copying_);
    }
}

std::string PostgresSession::literal(std::string_view text) const {
    const std::unique_ptr<char, FreeMemory> quoted(
        PQescapeLiteral(link_.get(), text.data(), text.size()));
    return quoted == nullptr ? std::string("NULL") : std::string(quoted.get());
}

std::string PostgresSession::name(std::string_view text) const {
    const std::unique_ptr<char, FreeMemory> quoted(
        PQescapeIdentifier(link_.get(), text.data(), text.size()));
    return quoted == nullptr ? std::string("NULL") : std::string(quoted.get());
}

}  // namespace cellmon::backup
