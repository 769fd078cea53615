#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/event_tables.hpp"

namespace cellmon::relational {

/// What one table holds: its rows, and the sum of their 128-bit hashes, which does not depend on
/// their order.
struct TableDigest {
    std::int64_t rows = 0;
    std::array<std::uint64_t, 2> sum{};

    bool operator==(const TableDigest&) const = default;
};

/// By table name. Taken over sequences, natural keys, texts and integers; never over ids of the
/// registry, write times or what only speeds things up. Two stores that hold the same events have
/// equal digests, however they came to hold them; of one in SQLite and one in PostgreSQL those of
/// the tables that both have are equal.
struct Digest {
    std::map<std::string, TableDigest> tables;

    bool operator==(const Digest&) const = default;

    /// One line: `events 120 rows 0123…, …`.
    [[nodiscard]] std::string to_string() const;

    /// The tables of this one in which the two differ, separated by commas.
    [[nodiscard]] std::string differences(const Digest& other) const;
};

/// Reads every row of the copy, so it takes some seconds for millions.
Result<Digest> digest(Database& database, const TableSet& tables);

}  // namespace cellmon::relational
