#pragma once

#include <memory>

#include "sinks/postgres/database.hpp"
#include "sinks/relational/store.hpp"

namespace cellmon::postgres {

/// The rows in a schema of a PostgreSQL database.
std::unique_ptr<relational::Store> make_store(ConnectionOptions options);

}  // namespace cellmon::postgres
