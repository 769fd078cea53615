#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sql/postgres_link.hpp"

namespace cellmon::backup {

/// A connection to PostgreSQL for whole tables: statements, and COPY in both directions. What
/// sql::Connection and the projection's pipeline are not made for. One thread.
class PostgresSession {
  public:
    static Result<PostgresSession> open(const std::string& url, const Patience& patience);

    /// Rows of text; NULL is the empty text.
    using TextRows = std::vector<std::vector<std::string>>;
    Result<TextRows> query(const std::string& statement);
    Result<void> run(const std::string& statement);

    /// What `COPY … TO STDOUT` gives, piece by piece.
    Result<void> copy_out(const std::string& statement,
                          const std::function<Result<void>(std::string_view)>& sink);

    /// `COPY … FROM STDIN`: begin, any number of pieces, end.
    Result<void> begin_copy_in(const std::string& statement);
    Result<void> copy_in(std::string_view bytes);
    Result<void> end_copy_in();

    /// As SQL writes a text, or the name of a table or column.
    [[nodiscard]] std::string literal(std::string_view text) const;
    [[nodiscard]] std::string name(std::string_view text) const;

  private:
    PostgresSession(sql::LinkPtr link, const Patience& patience)
        : link_(std::move(link)), patience_(patience) {}
    Result<sql::ResultPtr> next_result(const std::string& statement);
    Result<sql::ResultPtr> send(const std::string& statement);
    Result<void> drain(const std::string& statement);

    sql::LinkPtr link_;
    Patience patience_;
    std::string copying_;
};

}  // namespace cellmon::backup
