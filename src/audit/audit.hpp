#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "audit/audited_store.hpp"
#include "audit/difference.hpp"
#include "audit/journal_sums.hpp"
#include "base/result.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::audit {

/// What an audit of one store found.
struct StoreReport {
    std::string store;
    Depth depth = Depth::quick;
    std::uint64_t through = 0;           ///< The sequence up to which it was compared.
    std::uint64_t rows = 0;              ///< That the journal promises of it.
    std::uint64_t ranges = 0;            ///< Whose sums were compared.
    std::uint64_t differing_ranges = 0;  ///< Whose rows were read.
    std::uint64_t rows_read = 0;         ///< That crossed the wire.
    std::uint64_t totals = 0;            ///< Of students and days that were compared.
    std::vector<Difference> differences;
    bool all = true;  ///< Whether these are all, or the first Audit::kMostDifferences.
    std::optional<Mended> mended;
    std::vector<std::string> notes;

    [[nodiscard]] bool clean() const { return differences.empty(); }
};

/// Compares a store with the journal: sums of ranges first, which the store computes, then the rows
/// of ranges that differ. Remembers the journal's sums, so that the next quick audit reads only
/// what came since. One thread, but for interrupt().
class Audit {
  public:
    static constexpr std::size_t kMostDifferences = 10'000;

    Audit(std::unique_ptr<AuditedStore> store, std::unique_ptr<projection::EntrySource> source)
        : store_(std::move(store)),
          source_(std::move(source)),
          quick_(*source_, *store_, Depth::quick) {}
    Audit(const Audit&) = delete;
    Audit& operator=(const Audit&) = delete;

    /// Only reads. Errors: not_found while there is nothing of this journal in the store;
    /// cancelled behind a request to stop; those of the store and of the journal.
    Result<StoreReport> run(Depth depth, const std::stop_token& stop = {});

    /// A deep audit; when it finds something, that is mended and all of it compared again. The
    /// report is of the last comparison, with what was done.
    Result<StoreReport> repair(const std::stop_token& stop = {});

    [[nodiscard]] std::string_view name() const { return store_->name(); }

    void interrupt() { store_->interrupt(); }

  private:
    Result<void> compare_ranges(JournalSums& sums, const StoreView& view, bool is_part,
                                StoreReport& report, const std::stop_token& stop);
    Result<void> compare_part(JournalSums& sums, std::uint64_t from, std::uint64_t to,
                              StoreReport& report);
    Result<void> look_into(JournalSums& sums, std::uint64_t from, std::uint64_t to,
                           StoreReport& report);
    Result<void> compare_totals(JournalSums& sums, StoreReport& report);
    void compare(const Totals& expected, const Totals& stored, StoreReport& report) const;
    [[nodiscard]] bool equal(const RangeSums& one, const RangeSums& other) const;

    const std::unique_ptr<AuditedStore> store_;
    const std::unique_ptr<projection::EntrySource> source_;
    JournalSums quick_;
    std::int64_t generation_ = 0;  ///< Of the store that quick_ was last compared with.
};

}  // namespace cellmon::audit
