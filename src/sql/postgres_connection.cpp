// PostgreSQL as a Connection.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "sql/connection.hpp"
#include "sql/postgres_link.hpp"

namespace cellmon::sql {
namespace {

/// Type numbers that PostgreSQL will never change (pg_type.dat).
enum TypeId : Oid {
    kUnknown = 0,
    kBool = 16,
    kBytea = 17,
    kInt8 = 20,
    kInt2 = 21,
    kInt4 = 23,
    kText = 25,
    kFloat4 = 700,
    kFloat8 = 701
};

/// Held by whoever changes the schema, until its transaction ends: "cellmon" in ASCII.
constexpr const char* kSchemaLock = "SELECT pg_advisory_xact_lock(28539362937499502)";

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
        std::optional<std::string> operator()(const Bytes& value) const { return value.data; }
    };
    return std::visit(Writer(), value.data());
}

bool is_bytes(const Value& value) {
    return std::holds_alternative<Bytes>(value.data());
}

/// What `bytea_output = hex` makes of bytes: `\x` and two digits each.
Bytes bytes_of(std::string_view hex) {
    CELLMON_ASSERT(hex.starts_with("\\x") && hex.size() % 2 == 0);
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    Bytes bytes;
    bytes.data.reserve(hex.size() / 2 - 1);
    for (std::size_t at = 2; at < hex.size(); at += 2)
        bytes.data += static_cast<char>(digit(hex[at]) << 4 | digit(hex[at + 1]));
    return bytes;
}

Oid type_of(const Value& value) {
    constexpr std::array<Oid, 6> kTypes = {kUnknown, kBool, kInt8, kFloat8, kText, kBytea};
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
        case kBytea:
            return bytes_of(text);
        default:
            return text;
    }
}

class PostgresConnection final : public Connection {
  public:
    PostgresConnection(LinkPtr link, Patience patience)
        : link_(std::move(link)), connection_(link_.get()), patience_(std::move(patience)) {}

    /// The server ends by itself what nobody waits for any more. And what is acknowledged is
    /// synced, whatever the database was told: more than that (`remote_apply`) stays.
    Result<void> set_limits() {
        const std::string ms = std::to_string(patience_.timeout.count());
        return script("SET bytea_output = hex; SET statement_timeout = " + ms +
                      "; SET lock_timeout = " + ms +
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
        std::vector<int> sizes;
        std::vector<int> formats;  // 0: as text; 1: as it is.
        for (const Value& parameter : parameters) {
            texts.push_back(text_of(parameter));
            types.push_back(type_of(parameter));
            formats.push_back(is_bytes(parameter) ? 1 : 0);
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto& one = texts[i];
            // What PostgreSQL cannot hold; elsewhere the text would silently end there.
            if (formats[i] == 0 && one && one->find('\0') != std::string::npos) {
                return fail(ErrorCode::invalid, statement + ": a text holds a NUL");
            }
            values.push_back(one ? one->c_str() : nullptr);
            sizes.push_back(one ? static_cast<int>(one->size()) : 0);
        }
        if (!usable()) return lost(statement, "the connection is closed");
        if (PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(values.size()),
                              types.data(), values.data(), sizes.data(), formats.data(), 0) == 0) {
            return lost(statement, last_words(connection_));
        }
        return take_rows(statement);
    }

    Result<void> script(const std::string& statements) override {
        if (!usable()) return lost(statements, "the connection is closed");
        if (PQsendQuery(connection_, statements.c_str()) == 0) {
            return lost(statements, last_words(connection_));
        }
        // The first line that says something.
        const std::size_t begin = std::min(statements.find_first_not_of('\n'), statements.size());
        CELLMON_TRY(take_rows(statements.substr(begin, statements.find('\n', begin) - begin)));
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
        Rows rows;
        std::optional<Error> error;
        while (true) {
            if (auto waited = wait_for_result(connection_, statement, patience_); !waited) {
                broken_ = true;
                return fail(std::move(waited).error());
            }
            const ResultPtr result(PQgetResult(connection_));
            if (result == nullptr) break;
            const ExecStatusType status = PQresultStatus(result.get());
            if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
                append(rows, result.get());
            } else if (!error) {
                error = error_of(statement, result.get());
                if (link_is_lost(connection_, result.get())) broken_ = true;
            }
        }
        if (error) return fail(std::move(*error));
        return rows;
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

    const LinkPtr link_;
    PGconn* const connection_;
    const Patience patience_;
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

Result<std::unique_ptr<Connection>> connect_postgres(
    const std::string& url, std::chrono::milliseconds timeout,
    std::shared_ptr<const std::atomic<bool>> interrupted) {
    const Patience patience{timeout, std::move(interrupted)};
    CELLMON_TRY_ASSIGN(auto link, connect_link(url, patience));
    auto connection = std::make_unique<PostgresConnection>(std::move(link), patience);
    CELLMON_TRY(connection->set_limits());
    return connection;
}

}  // namespace cellmon::sql
