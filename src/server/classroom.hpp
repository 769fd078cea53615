#pragma once

#include <memory>
#include <thread>

#include "api/health_api.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// The classroom's rows, which no journal can rebuild, put together: DATA/classroom.db or
/// PostgreSQL.
class Classroom {
  public:
    /// Brings the schema up to date. A database that is away is said in the log and tried again
    /// while the server runs, which goes on without it; one that a newer program wrote is an error
    /// (newer_format), and so is a URL that cannot be read (invalid).
    static Result<std::unique_ptr<Classroom>> open(const config::Config& config, const Clock& clock,
                                                   telemetry::Log& log);

    [[nodiscard]] sql::Database& database() { return database_; }
    [[nodiscard]] api::ClassroomHealth health() const;

  private:
    Classroom(sql::DatabaseOptions options, const Clock& clock, telemetry::Log& log);

    void watch(const std::stop_token& stop);
    void look();

    sql::Database database_;
    telemetry::Log& log_;
    bool away_ = false;  ///< As the log last said. Of the watching thread, once that runs.
    std::jthread watcher_;
};

}  // namespace cellmon::server
