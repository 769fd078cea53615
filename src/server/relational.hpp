#pragma once

#include <memory>

#include "audit/audited_store.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"
#include "projection/runner.hpp"
#include "sinks/relational/stored_check.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// The relational projection into DATA/relational.db, or into the PostgreSQL that `postgres.url`
/// names; running.
Result<std::unique_ptr<projection::ProjectionRunner>> make_relational_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock, telemetry::Log& log);

/// The comparison of its rows with the journal.
Result<std::unique_ptr<relational::StoredCheck>> make_stored_check(const config::Config& config,
                                                                   const journal::Journal& journal,
                                                                   io::FileSystem& files);

/// Its rows as an audit reads them.
std::unique_ptr<audit::AuditedStore> make_audited_rows(const config::Config& config,
                                                       io::FileSystem& files);

/// Its rows, to be read by the API.
std::unique_ptr<relational::Store> make_history_store(const config::Config& config,
                                                      io::FileSystem& files);

}  // namespace cellmon::server
