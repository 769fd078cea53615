#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <libpq-fe.h>

#include "harness/monitor/store_probe.hpp"

namespace cellmon::harness::monitor {

/// The port of a PostgreSQL on this machine that `url` names; nullopt for one elsewhere.
[[nodiscard]] std::optional<std::uint16_t> local_postgres_port(const std::string& url);

/// How many sessions of PostgreSQL run a statement. Keeps one connection, which no call of libpq
/// may block: a server that is stopped says nothing.
class PostgresProbe final : public StoreProbe {
  public:
    PostgresProbe(std::string url, std::shared_ptr<const std::atomic<bool>> interrupted);

  private:
    struct Closer {
        void operator()(PGconn* connection) const { PQfinish(connection); }
        void operator()(PGresult* result) const { PQclear(result); }
    };

    Result<double> count() override;
    Result<void> connect();
    Result<double> ask();

    const std::string url_;
    std::unique_ptr<PGconn, Closer> connection_;
};

}  // namespace cellmon::harness::monitor
