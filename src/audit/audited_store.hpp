#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/difference.hpp"
#include "audit/range_sums.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::audit {

/// Quick believes the content hash that lies beside each row; deep takes a hash of what the row
/// says.
enum class Depth : std::uint8_t { quick, deep };

/// What the events of a student on a day (UTC, days since 1970) add up to.
struct DayTotals {
    std::int64_t events = 0;
    std::int64_t executions = 0;
    std::int64_t errors = 0;
    std::int64_t duration_us = 0;

    bool operator==(const DayTotals&) const = default;
};

/// By student and day.
using Totals = std::map<std::pair<std::string, std::int64_t>, DayTotals>;

/// What the store must hold of one entry of the journal.
struct ExpectedRow {
    std::uint64_t mark = 0;
    std::uint64_t details = 0;
    std::uint64_t duration_us = 0;
    std::string_view student;  ///< As the store names it; empty: no total counts the entry.
    std::string_view group;    ///< Whose total counts it besides; empty: none.
    std::int64_t day = 0;
    DayTotals totals;
};

/// A row as the store holds it, with the mark of its content (Depth::deep).
struct StoredRow {
    std::uint64_t sequence = 0;
    Id128 id;  ///< Zero: the store does not say it.
    std::uint64_t mark = 0;
    bool remains = false;  ///< Of a row that is not there others are left that belong to it.
};

/// How far a store has come.
struct StoreView {
    journal::Cursor cursor;       ///< Of a history that the journal must know.
    std::uint64_t through = 0;    ///< The last sequence that it must hold.
    std::uint64_t first = 1;      ///< The first sequence that it holds.
    std::int64_t generation = 0;  ///< Another one: it was made anew.
};

struct StoredTotals {
    std::uint64_t through = 0;  ///< The sequence up to which they count.
    Totals totals;
    std::optional<Totals> groups;  ///< By ExpectedRow::group; none: not to be compared now.
};

/// What a repair did.
struct Mended {
    std::uint64_t events = 0;  ///< Projected again.
    bool rebuilt = false;      ///< All of the store was made anew.
};

/// A store that can be compared with the journal. It computes its sums by itself, so that only
/// rows of ranges that differ leave it. Used by one thread.
///
/// Errors: not_found while there is nothing of this journal in it; else as the store's own.
class AuditedStore {
  public:
    AuditedStore() = default;
    AuditedStore(const AuditedStore&) = delete;
    AuditedStore& operator=(const AuditedStore&) = delete;
    virtual ~AuditedStore() = default;

    /// As in GET /api/v1/projections.
    [[nodiscard]] virtual std::string_view name() const = 0;

    /// Sequences in one range of the first comparison; ranges begin at its multiples.
    [[nodiscard]] virtual std::uint64_t range() const = 0;

    /// Two sums of durations that are as near as this are equal.
    [[nodiscard]] virtual std::uint64_t duration_tolerance_us() const { return 0; }

    /// Connects, anew when it was connected.
    virtual Result<StoreView> open(const journal::Cursor& beginning) = 0;

    /// What must be there of the entry, valid until the next call; nullopt: nothing.
    virtual std::optional<ExpectedRow> expect(const journal::Entry& entry, Depth depth) = 0;

    /// The sums of [from, from + step), … up to `to`, which is not included. `step` is at most
    /// range().
    virtual Result<std::vector<RangeSums>> sums(std::uint64_t from, std::uint64_t to,
                                                std::uint64_t step, Depth depth) = 0;

    /// The rows of [from, to) in the order of their sequences, at most `most`.
    virtual Result<std::vector<StoredRow>> rows(std::uint64_t from, std::uint64_t to,
                                                std::size_t most) = 0;

    /// Rows at places where there is no entry of the journal yet, at most `most`.
    virtual Result<std::vector<StoredRow>> beyond(const projection::EntrySource& source,
                                                  std::size_t most) = 0;

    /// nullopt: it has none.
    virtual Result<std::optional<StoredTotals>> totals() { return std::nullopt; }

    /// Makes what the differences (Depth::deep) name as the journal has it, beside a running
    /// projection. `all`: they are all that there are.
    virtual Result<Mended> mend(std::span<const Difference> differences, bool all,
                                projection::EntrySource& source) = 0;

    /// Ends a call that waits for the store, for good. Any thread.
    virtual void interrupt() {}
};

}  // namespace cellmon::audit
