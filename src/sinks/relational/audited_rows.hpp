#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "audit/audited_store.hpp"
#include "event/event_reader.hpp"
#include "sinks/relational/event_writer.hpp"
#include "sinks/relational/store.hpp"

namespace cellmon::relational {

/// The event tables as an audit sees them: what each entry must have left there, and the sums of
/// what lies there, made by SQL.
class AuditedRows final : public audit::AuditedStore {
  public:
    /// `store` is written by mend() only. `id_merge_interval`: the store's own.
    explicit AuditedRows(std::unique_ptr<Store> store,
                         std::uint64_t id_merge_interval = WriterSettings{}.id_merge_interval)
        : store_(std::move(store)), id_merge_interval_(id_merge_interval) {}

    [[nodiscard]] std::string_view name() const override { return "relational"; }
    [[nodiscard]] std::uint64_t range() const override;
    Result<audit::StoreView> open(const journal::Cursor& beginning) override;
    std::optional<audit::ExpectedRow> expect(const journal::Entry& entry,
                                             audit::Depth depth) override;
    Result<std::vector<audit::RangeSums>> sums(std::uint64_t from, std::uint64_t to,
                                               std::uint64_t step, audit::Depth depth) override;
    Result<std::vector<audit::StoredRow>> rows(std::uint64_t from, std::uint64_t to,
                                               std::size_t most) override;
    Result<std::vector<audit::StoredRow>> beyond(const projection::EntrySource& source,
                                                 std::size_t most) override;
    Result<std::optional<audit::StoredTotals>> totals() override;
    Result<audit::Mended> mend(std::span<const audit::Difference> differences, bool all,
                               projection::EntrySource& source) override;
    void interrupt() override { store_->interrupt(); }

  private:
    template <typename Read>
    Result<void> in_one_picture(Read&& read);
    Result<std::uint64_t> cursor();
    Result<void> add_rows(std::int64_t from, std::int64_t to, std::size_t most,
                          std::vector<audit::StoredRow>& rows);

    const std::unique_ptr<Store> store_;
    const std::uint64_t id_merge_interval_;
    std::unique_ptr<Database> database_;
    std::unordered_set<std::uint64_t> dead_;  ///< Sequences of what the store did not take.
    event::EventReader reader_;
};

}  // namespace cellmon::relational
