#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::relational {

/// A statement as its engine has prepared it; used through Statement only.
class Prepared {
  public:
    virtual ~Prepared() = default;

    // Parameters, from 1. Text and bytes are not copied: they must live until the call that runs
    // the statement returns.
    virtual void bind_null(int index) = 0;
    virtual void bind_integer(int index, std::int64_t value) = 0;
    virtual void bind_text(int index, std::string_view value) = 0;
    virtual void bind_id(int index, const Id128& value) = 0;

    /// Runs to the end; rows are dropped. An engine may put it off: see Database.
    virtual Result<void> run() = 0;

    /// The next row; false behind the last one.
    virtual Result<bool> step() = 0;
    /// Behind the last step() that is wanted.
    virtual void reset() = 0;

    // Columns of the row at hand, from 0.
    [[nodiscard]] virtual bool is_null(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
    [[nodiscard]] virtual std::string_view text(int column) const = 0;
    [[nodiscard]] virtual int columns() const = 0;
};

/// A prepared statement. Prepared once, run many times; the engine prepares it again by itself when
/// the schema changes. Same thread as its Database, and destroyed before it.
///
/// Parameters are bound in order; in the text they are `?`, or `?1`, `?2`, … Integers of 64 bits
/// without sign are stored by their bits, truth values as 0 and 1.
class Statement {
  public:
    Statement() = default;
    explicit Statement(std::unique_ptr<Prepared> prepared) : prepared_(std::move(prepared)) {}

    /// Runs to the end; rows are dropped.
    template <typename... Parameters>
    Result<void> run(const Parameters&... parameters) {
        bind_all(parameters...);
        return prepared_->run();
    }

    /// The same with texts only.
    Result<void> run_texts(std::span<const std::string> parameters);

    /// Hands the first row to `on_row`; false when there is none.
    template <typename OnRow, typename... Parameters>
    Result<bool> first(OnRow&& on_row, const Parameters&... parameters) {
        bind_all(parameters...);
        auto stepped = prepared_->step();
        if (stepped && *stepped) on_row(std::as_const(*this));
        prepared_->reset();
        return stepped;
    }

    /// Hands every row to `on_row`, until that returns false, if it returns anything.
    template <typename OnRow, typename... Parameters>
    Result<void> each(OnRow&& on_row, const Parameters&... parameters) {
        bind_all(parameters...);
        while (true) {
            auto stepped = prepared_->step();
            if (!stepped || !*stepped) {
                prepared_->reset();
                if (!stepped) return fail(std::move(stepped).error());
                return {};
            }
            if constexpr (std::is_same_v<std::invoke_result_t<OnRow&, const Statement&>, bool>) {
                if (!on_row(std::as_const(*this))) {
                    prepared_->reset();
                    return {};
                }
            } else {
                on_row(std::as_const(*this));
            }
        }
    }

    // Columns of the row at hand, from 0; views are valid within the callback. A null is 0 or
    // empty; the text of an integer are its digits.
    [[nodiscard]] bool is_null(int column) const { return prepared_->is_null(column); }
    [[nodiscard]] std::int64_t integer(int column) const { return prepared_->integer(column); }
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
    [[nodiscard]] std::uint64_t bits(int column) const;
    [[nodiscard]] std::string_view text(int column) const { return prepared_->text(column); }
    [[nodiscard]] Id128 id(int column) const;
    [[nodiscard]] int columns() const { return prepared_->columns(); }

  private:
    template <typename Value>
    void bind(int index, const Value& value) {
        if constexpr (std::is_null_pointer_v<Value>) {
            prepared_->bind_null(index);
        } else if constexpr (std::is_integral_v<Value>) {
            prepared_->bind_integer(index, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
            prepared_->bind_text(index, std::string_view(value));
        } else {
            prepared_->bind_id(index, value);
        }
    }
    template <typename Value>
    void bind(int index, const std::optional<Value>& value) {
        if (value) {
            bind(index, *value);
        } else {
            prepared_->bind_null(index);
        }
    }
    template <typename... Parameters>
    void bind_all(const Parameters&... parameters) {
        [[maybe_unused]] int index = 0;
        (bind(++index, parameters), ...);
    }

    std::unique_ptr<Prepared> prepared_;
};

/// One connection to the rows, of either engine. One thread at a time.
///
/// Statements are one text for both engines; where those differ, dialect.hpp has a word for it.
/// PostgreSQL puts off what needs no answer (Statement::run, begin_write), so an error may come out
/// of a later call of the same transaction, of commit() at the latest.
///
/// Errors: already_exists for a row whose key is there, invalid for what else is wrong with the
/// data of the statement itself (a constraint, a value that does not fit), locked or unavailable
/// for what passes, no_space, io, permission, corrupt. No message holds a password.
class Database {
  public:
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    virtual ~Database() = default;

    [[nodiscard]] virtual sql::Engine engine() const = 0;

    /// Runs one or several statements without parameters.
    virtual Result<void> execute(const std::string& sql) = 0;

    Result<Statement> prepare(std::string_view sql);

    /// For each() over more rows than memory should hold. Meanwhile no other statement may run.
    Result<Statement> prepare_scan(std::string_view sql);

    /// For rows that are only ever added: run() takes the values of `columns`, which have commas
    /// between, in their order. PostgreSQL collects such rows and copies many at a time; a
    /// statement of this connection that names the table finds them there all the same.
    Result<Statement> prepare_insert(std::string_view table, std::string_view columns);

    /// The first column of the first row as an integer; nullopt when there is no row or it is null.
    Result<std::optional<std::int64_t>> integer(std::string_view sql);

    /// Everything that was put off is on its way from here on; waits for nothing.
    virtual Result<void> hand_over() { return {}; }

    /// From now on this connection is the one that projects events, as long as it lives; nothing
    /// new when it is already. ErrorCode::locked when another one is. Without meaning for a file,
    /// whose directory is one server's.
    virtual Result<void> lead() { return {}; }

    /// One writer at a time: nothing read inside can have changed by the time of a write.
    virtual Result<void> begin_write() = 0;
    /// One picture of all rows. Ended by rollback().
    virtual Result<void> begin_read() = 0;
    virtual Result<void> commit() = 0;
    /// Does nothing when no transaction is open. After a failed one the connection is of no use;
    /// its owner opens a new one.
    virtual void rollback() = 0;

    /// Within a write transaction, one at a time: what is done from here on can be undone alone.
    Result<void> set_savepoint();
    /// Waits for everything that was put off behind it.
    Result<void> release_savepoint();
    virtual Result<void> roll_back_to_savepoint();

  protected:
    static constexpr std::string_view kRollBackToSavepoint = "ROLLBACK TO SAVEPOINT alone";

  private:
    virtual Result<std::unique_ptr<Prepared>> make_insert(std::string_view table,
                                                          std::string_view columns);
    virtual Result<std::unique_ptr<Prepared>> make(std::string_view sql, bool many_rows) = 0;
};

/// A write transaction; rolled back when destroyed without commit().
class Transaction {
  public:
    static Result<Transaction> begin(Database& database);

    Transaction(Transaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

  private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace cellmon::relational
