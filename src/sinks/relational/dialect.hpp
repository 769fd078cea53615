#pragma once

#include <string>
#include <string_view>

#include "sql/connection.hpp"

namespace cellmon::relational {

/// The words in which the two engines differ, put into a text of ours:
///
/// | word | SQLite | PostgreSQL |
/// |---|---|---|
/// | `{id}` | `INTEGER PRIMARY KEY` | the same type as `{int}`, counted by the database |
/// | `{int}` | `INTEGER` | `BIGINT` |
/// | `{text}` | `TEXT` | `TEXT COLLATE "C"` |
/// | `{bytes}` | `BLOB` | `BYTEA` |
/// | `{raw}` | `TEXT` | `BYTEA`: a text that need not be well formed |
/// | `{unique}` | nothing | `UNIQUE`, where SQLite has another index for it |
/// | `{unique path}` | `UNIQUE (path)` | a key of hashes, as a path may be longer than an index
/// takes | | `{by key}` | `WITHOUT ROWID` | nothing | | `{now us}` | the time in microseconds | the
/// same |
[[nodiscard]] std::string in_dialect(sql::Engine engine, std::string_view text);

/// Behind an insert: a row goes in the place of the one with its key.
[[nodiscard]] std::string replacing(std::string_view keys, std::string_view others);

/// Inserts a row, or puts it in the place of the one with its key. Both lists have commas between;
/// parameters are those of `keys`, then those of `others`. `%` before the table's name stays.
[[nodiscard]] std::string upsert(std::string_view table, std::string_view keys,
                                 std::string_view others);

}  // namespace cellmon::relational
