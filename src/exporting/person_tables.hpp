#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::exporting {

/// Which rows of a table are one person's, or say what those are about (the class, the assignment).
struct PersonTable {
    std::string_view name;
    std::string_view where;     ///< `$1` is the address in small letters, `{}` the schema.
    std::string_view left_out;  ///< Columns, separated by spaces: secrets, and who others are.
    std::string_view en;
    std::string_view ja;
};

[[nodiscard]] std::span<const PersonTable> classroom_person_tables();
/// Of the tables that are made from events.
[[nodiscard]] std::span<const PersonTable> relational_person_tables();

/// Calls `take` with each of these rows as a JSON object, within the caller's transaction.
/// `schema`: of PostgreSQL, quoted; empty: the connection's own. A table that is not there has
/// none.
template <typename Take>
Result<void> each_person_row(sql::Connection& connection, std::string_view schema,
                             const PersonTable& table, std::string_view person, Take take);

/// The columns of a table that are shown; empty when there is no such table.
Result<std::string> shown_columns(sql::Connection& connection, std::string_view schema,
                                  const PersonTable& table);
/// The row as JSON; `columns` as shown_columns() gave them.
Result<std::string> person_row_json(std::string_view columns, const sql::Row& row);

template <typename Take>
Result<void> each_person_row(sql::Connection& connection, std::string_view schema,
                             const PersonTable& table, std::string_view person, Take take) {
    constexpr std::int64_t kPage = 1'000;
    CELLMON_TRY_ASSIGN(const std::string columns, shown_columns(connection, schema, table));
    if (columns.empty()) return {};
    const std::string prefix = schema.empty() ? std::string() : std::string(schema) + ".";
    std::string where(table.where);
    for (std::size_t at = where.find("{}"); at != std::string::npos; at = where.find("{}"))
        where.replace(at, 2, prefix);
    const std::string statement = "SELECT " + columns + " FROM " + prefix +
                                  std::string(table.name) + " WHERE " + where +
                                  " ORDER BY 1, 2 LIMIT $2 OFFSET $3";
    for (std::int64_t from = 0;; from += kPage) {
        CELLMON_TRY_ASSIGN(const auto rows, connection.run(statement, person, kPage, from));
        for (const sql::Row& row : rows.rows) {
            CELLMON_TRY_ASSIGN(const std::string json, person_row_json(columns, row));
            CELLMON_TRY(take(json));
        }
        if (rows.rows.size() < static_cast<std::size_t>(kPage)) return {};
    }
}

}  // namespace cellmon::exporting
