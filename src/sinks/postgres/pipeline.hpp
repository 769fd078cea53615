#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sql/postgres_link.hpp"

namespace cellmon::postgres {

/// A parameter as libpq takes it.
struct Parameter {
    const char* data = nullptr;  ///< Null: NULL.
    int length = 0;              ///< Of a binary one.
    bool binary = false;         ///< Else digits with a zero byte behind them.
};

/// A statement that the server has prepared. Must stay where it is while it is in a pipeline.
struct PreparedText {
    std::string name;
    std::string sql;
    std::size_t parameters = 0;
};

/// One connection in libpq's pipeline mode: what needs no answer is only sent, and answers are read
/// when one is needed. So a batch costs a round trip for each question and not for each row.
///
/// Behind an error nothing that was sent before the next answer is executed, and the error is that
/// of the call that asked for the answer. One thread at a time.
class Pipeline {
  public:
    /// Statements and bytes that may be under way; before more is sent their answers are read.
    static constexpr std::size_t kMostStatements = 512;
    static constexpr std::size_t kMostBytes = 1U << 20U;

    static Result<std::unique_ptr<Pipeline>> open(const std::string& url, const Patience& patience);

    /// Prepares the statement and waits for it.
    Result<void> prepare(const PreparedText& statement);

    /// Sends a run of the statement.
    Result<void> send(const PreparedText& statement, std::span<const Parameter> parameters);

    /// Sends a text of the program, without parameters.
    Result<void> send(const char* sql);

    /// Waits until everything sent is done; the result of the last, null when nothing was sent.
    Result<sql::ResultPtr> settle();

    /// settle(), then one or several statements that are no part of the pipeline.
    Result<void> script(const std::string& sql);

    /// settle(), then runs the statement outside of the pipeline; its rows come one by one out of
    /// next_row(), null behind the last, which must be fetched before anything else is sent.
    Result<void> start_scan(const PreparedText& statement, std::span<const Parameter> parameters);
    Result<sql::ResultPtr> next_row();

    /// settle(), then the COPY `sql` with `rows` for its data, outside of the pipeline. Returns
    /// when all is sent: whether PostgreSQL has taken the rows is said by the next call of any
    /// kind, which waits for it. So the caller may make the next rows meanwhile.
    Result<void> copy(const std::string& sql, std::string_view rows);

    /// False when the connection can only be thrown away.
    [[nodiscard]] bool usable() const { return link_ != nullptr; }

  private:
    Pipeline(sql::LinkPtr link, const Patience& patience)
        : link_(std::move(link)), patience_(patience) {}

    Result<void> enter();
    Result<void> leave();
    Result<void> finish_copy();
    /// Outside of the pipeline: the results of one query, and back into it.
    Result<void> drain(std::string_view what);
    Result<sql::ResultPtr> next_result(std::string_view what);
    Result<void> make_room();
    Result<void> sent(bool taken, std::string_view what, std::size_t bytes);
    /// Closes the connection at once: the server's side of it may hold locks.
    tl::unexpected<Error> broken(std::string_view what);
    tl::unexpected<Error> broken(Error error);

    sql::LinkPtr link_;  ///< Null when it broke.
    const Patience patience_;
    std::deque<std::string_view> under_way_;  ///< Statements that are sent and not answered.
    std::size_t bytes_under_way_ = 0;
    std::string copying_;  ///< The COPY whose answer nobody has waited for; empty: none.
};

}  // namespace cellmon::postgres
