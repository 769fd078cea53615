#pragma once

#include <functional>
#include <memory>
#include <string>

#include <libpq-fe.h>

#include "base/patience.hpp"
#include "base/result.hpp"

namespace cellmon::harness::plan {

/// A connection to PostgreSQL that blocks in no call of libpq: a server that is stopped says
/// nothing, and a plan goes on all the same. Connects when it is first used, and again behind an
/// error. One thread.
class PostgresLink {
  public:
    explicit PostgresLink(std::string url) : url_(std::move(url)) {}

    /// A row's columns as text; nullptr for NULL.
    using Row = std::function<void(const PGresult* result, int row)>;
    /// `patience` is for each wait. ErrorCode::unavailable with what PostgreSQL says.
    Result<void> query(const std::string& statement, const Row& visit, const Patience& patience);

    [[nodiscard]] const std::string& url() const { return url_; }

  private:
    struct Closer {
        void operator()(PGconn* connection) const { PQfinish(connection); }
        void operator()(PGresult* result) const { PQclear(result); }
    };
    Result<void> connect(const Patience& patience);
    Result<void> run(const std::string& statement, const Row& visit, const Patience& patience);

    const std::string url_;
    std::unique_ptr<PGconn, Closer> connection_;
};

/// The schema of the rows that a server with this URL writes: `relational`, or `NAME_relational`
/// where the URL sets a search path.
[[nodiscard]] std::string rows_schema_of(const std::string& url);

}  // namespace cellmon::harness::plan
