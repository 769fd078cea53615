#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "sinks/postgres/lead.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::postgres {

struct ConnectionOptions {
    std::string url;  ///< As for sql::connect_postgres. Holds a password: for no message.

    /// The tables lie in a schema of their own, apart from those of the classroom. Empty:
    /// `relational`, or `NAME_relational` where the URL gives the connection a schema NAME, as for
    /// several servers in one database.
    std::string schema;

    bool read_only = false;

    /// Of a connection that projects events; open_database() waits for the one that led before.
    LeadOptions lead;

    /// For each answer, and for a lock.
    std::chrono::milliseconds timeout{30'000};

    /// Ends every wait when it becomes true; null: never.
    std::shared_ptr<const std::atomic<bool>> interrupted;
};

/// A connection whose writes are sent through a pipeline. The schema is made when it is not there
/// and the connection is not for reading only.
///
/// Errors: invalid for what is wrong with the data of the statement (a constraint, a value that
/// does not fit), mismatch when another server leads, the others as sql::Connection, and cancelled
/// when a wait was interrupted.
Result<std::unique_ptr<relational::Database>> open_database(const ConnectionOptions& options);

}  // namespace cellmon::postgres
