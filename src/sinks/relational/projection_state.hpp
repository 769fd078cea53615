#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "journal/cursor.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"

namespace cellmon::relational {

/// What one copy of the event tables was made by and how far it has come.
struct ProjectionState {
    std::int64_t version = kProjectionVersion;
    std::string parameters;       ///< Settings that shape the rows; other settings mean other rows.
    std::int64_t generation = 1;  ///< Differs for every copy that was ever made in this store.
    journal::Cursor cursor;

    bool operator==(const ProjectionState&) const = default;
};

/// nullopt: the copy does not exist.
Result<std::optional<ProjectionState>> load_state(Database& database, const TableSet& tables);

/// Inserts or replaces the row; in the same transaction as the rows it speaks of.
Result<void> store_state(Database& database, const TableSet& tables, const ProjectionState& state);

/// Creates an empty copy with its state, `cursor` being the beginning of a history.
Result<void> create_copy(Database& database, const TableSet& tables, const std::string& parameters,
                         const journal::Cursor& cursor);

Result<void> drop_copy(Database& database, const TableSet& tables);

/// Switches the shadow in for the live copy, state and all. Inside a transaction of the caller.
Result<void> promote_shadow(Database& database);

}  // namespace cellmon::relational
