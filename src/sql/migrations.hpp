#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::sql {

/// One step of the schema, whose version is its place in the table, from 1. A step that was
/// released is never changed; another one is added.
struct Migration {
    std::string_view name;

    /// The same text for both engines, but for `{id}`: the type of a primary key that the database
    /// counts itself and never gives twice.
    std::string_view statements;
};

[[nodiscard]] std::string statements_for(Engine engine, std::string_view statements);

/// Brings the schema to the newest version, all steps in one transaction under the lock of the
/// schema, or finds that it is there. Table `schema_version` says what was done when.
/// ErrorCode::newer_format when a newer program has written it.
Result<void> migrate(Connection& connection, std::span<const Migration> migrations,
                     const Clock& clock);

}  // namespace cellmon::sql
