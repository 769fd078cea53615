#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>
#include <vector>

#include "audit/audited_store.hpp"
#include "audit/range_sums.hpp"
#include "base/result.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::audit {

/// What a store must hold, added up from the journal. Kept between audits: a range that is over
/// adds up to the same for ever.
class JournalSums {
  public:
    /// More students × days than this are not summed up.
    static constexpr std::size_t kMostTotals = 1'000'000;

    JournalSums(projection::EntrySource& source, AuditedStore& store, Depth depth)
        : source_(source), store_(store), depth_(depth) {}

    /// Goes on through `sequence`. ErrorCode::mismatch when the journal ends before it.
    Result<void> advance(std::uint64_t sequence);

    /// Of the range with that number (sequence / range()), as far as advance() came.
    [[nodiscard]] RangeSums range(std::uint64_t number) const;

    [[nodiscard]] const Totals& totals() const { return totals_; }
    [[nodiscard]] const Totals& groups() const { return groups_; }
    [[nodiscard]] bool totals_complete() const {
        return totals_.size() + groups_.size() < kMostTotals;
    }

    /// Reading ends with ErrorCode::cancelled when a stop is requested.
    void heed(std::stop_token stop) { stop_ = std::move(stop); }

    /// Forgets all; advance() begins at the sequence `first`.
    void restart(std::uint64_t first);
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] std::uint64_t through() const { return through_; }

    /// The sums of [from, to) in steps, read anew.
    Result<std::vector<RangeSums>> sums_of(std::uint64_t from, std::uint64_t to,
                                           std::uint64_t step);

    /// What must be there of [from, to), with deep marks; read anew.
    Result<std::vector<StoredRow>> rows_of(std::uint64_t from, std::uint64_t to);

    /// Puts the sums of a range in place of those that are remembered.
    void correct(std::uint64_t number, const RangeSums& sums);

  private:
    template <typename OnEntry>
    Result<void> read(std::uint64_t from, std::uint64_t to, Depth depth, OnEntry&& on_entry);
    void add_totals(const ExpectedRow& row);

    projection::EntrySource& source_;
    AuditedStore& store_;
    const Depth depth_;
    std::stop_token stop_;
    std::uint64_t first_ = 1;
    std::uint64_t through_ = 0;
    std::vector<RangeSums> ranges_;
    Totals totals_;
    Totals groups_;
};

}  // namespace cellmon::audit
