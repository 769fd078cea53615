#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::sqlite {

/// How a connection behaves. Named limits; each has a line in docs/reference/configuration.md.
struct ConnectionOptions {
    bool read_only = false;
    bool full_sync = false;       ///< `synchronous=FULL`: API and registry writes; else NORMAL.
    int busy_timeout_ms = 2'000;  ///< How long to wait for another connection's write lock.
    std::int64_t cache_bytes = 32LL << 20;  ///< Page cache of the connection.
    std::int64_t wal_limit_bytes =
        64LL << 20;  ///< The write-ahead log is checkpointed and cut at this size.
};

/// One connection to a database file in WAL mode.
///
/// Errors of SQLite become ErrorCode::unavailable (busy, locked), no_space, io, permission,
/// corrupt, and invalid for what is wrong with the data of the statement itself (a constraint, a
/// value too large).
Result<std::unique_ptr<relational::Database>> open_database(const std::string& path,
                                                            const ConnectionOptions& options);

}  // namespace cellmon::sqlite
