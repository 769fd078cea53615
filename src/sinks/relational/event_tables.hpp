#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::relational {

/// Raised whenever the event tables or what is put in them change. A store with another version is
/// rebuilt.
inline constexpr std::int64_t kProjectionVersion = 2;

/// The tables that are made from the journal and nothing else. PostgreSQL has two less than SQLite:
/// its index of event ids is part of `events`.
[[nodiscard]] std::span<const std::string_view> event_tables(sql::Engine engine);

/// One copy of the event tables: the one that is read, or the shadow that a rebuild fills.
class TableSet {
  public:
    static TableSet live() { return TableSet("live", ""); }
    static TableSet shadow() { return TableSet("shadow", "shadow_"); }

    /// The row of `projection_state`.
    [[nodiscard]] std::string_view name() const { return name_; }

    /// The text with each `%` replaced by the prefix of this copy: `SELECT … FROM %events`.
    [[nodiscard]] std::string sql(std::string_view text) const;

    bool operator==(const TableSet&) const = default;

  private:
    TableSet(std::string_view name, std::string_view prefix) : name_(name), prefix_(prefix) {}
    std::string_view name_;
    std::string_view prefix_;
};

/// Creates the empty tables of the copy. `generation` keeps the names of indexes apart, which
/// SQLite cannot rename.
Result<void> create_event_tables(Database& database, const TableSet& tables,
                                 std::int64_t generation);

Result<void> drop_event_tables(Database& database, const TableSet& tables);

/// Makes the shadow the live copy and drops what was live. Inside a transaction of the caller.
Result<void> switch_shadow_to_live(Database& database);

}  // namespace cellmon::relational
