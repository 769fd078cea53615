#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sql/connection.hpp"

namespace cellmon::relational {

/// The tables whose rows stand for entries of the journal.
enum class EntryTable { events, dead_letters, quarantine };
inline constexpr std::array kEntryTables{EntryTable::events, EntryTable::dead_letters,
                                         EntryTable::quarantine};

/// Those whose rows belong to one of `events`.
inline constexpr std::array<std::string_view, 4> kDetailTables{
    "cell_executions", "notebook_accesses", "help_signals", "student_signals"};

// Sums by range, as rows of: number of the range, rows, then the low and the high halves of the
// marks, each as a sum and as a sum of products with the place in the range. In halves, because no
// engine adds integers modulo 2^64. Parameters: first sequence, sequences in a range, first
// sequence behind.

/// Of a mark made of the content hash and the id: it trusts the hash that lies in the row.
[[nodiscard]] std::string quick_sums(sql::Engine engine, EntryTable table);

/// Of a mark made of all that the rows say (row_text.hpp).
[[nodiscard]] std::string deep_sums(sql::Engine engine, EntryTable table);

/// Rows of: number of the range, rows, sum of durations.
[[nodiscard]] std::string detail_sums(std::string_view table);

/// Rows of: sequence, event id, mark (deep), in the order of sequences; also of details without an
/// event. Parameters: first sequence, first behind, most rows.
[[nodiscard]] std::string marked_rows(sql::Engine engine);

}  // namespace cellmon::relational
