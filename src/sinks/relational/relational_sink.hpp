#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "projection/sink.hpp"
#include "sinks/relational/event_writer.hpp"
#include "sinks/relational/projection_state.hpp"
#include "sinks/relational/store.hpp"
#include "sinks/relational/write_gate.hpp"

namespace cellmon::relational {

/// Named limits; each has a line in docs/reference/configuration.md.
struct SinkOptions {
    std::int64_t significant_errors =
        3;  ///< `consecutive_error_threshold`: errors in a row that are significant.
    std::size_t poison_entries = 10;  ///< More unreadable events in one batch than this …
    double poison_share =
        0.1;  ///< … and than this part of it stop the projection instead of being put aside.
    std::uint64_t id_merge_interval = WriterSettings{}.id_merge_interval;
};

/// The settings that shape the rows, as kept with the cursor.
[[nodiscard]] std::string projection_parameters(const SinkOptions& options);

/// Reads what projection_parameters() wrote.
Result<std::int64_t> significant_errors_of(std::string_view parameters);

/// The relational projection in its store: rows and cursor in one transaction.
///
/// When the store's event tables were made by another version of the projection, or with other
/// settings, the sink leaves them as they are, fills a shadow copy from the beginning of the
/// journal and switches it in when it has caught up.
///
/// When the store objects to a row, the transaction is rolled back and done again entry by entry:
/// an event that is there already, as when somebody has set the cursor back, is passed over; one
/// with a value that the store does not take is put into `dead_letters`; anything else is
/// ErrorCode::corrupt.
class RelationalSink final : public projection::Sink {
  public:
    /// `gate` may be null: then nobody else in this process writes to a SQLite file.
    RelationalSink(std::unique_ptr<Store> store, SinkOptions options,
                   const WriteGate* gate = nullptr);

    [[nodiscard]] std::string_view name() const override { return "relational"; }
    Result<std::optional<journal::Cursor>> open() override;
    Result<void> begin_epoch() override;
    Result<std::size_t> apply(const projection::Batch& batch) override;
    Result<void> caught_up() override;
    [[nodiscard]] std::size_t batch_factor() const override { return store_->batch_factor(); }
    [[nodiscard]] std::string remedy() const override { return store_->remedy(); }
    void interrupt() override { store_->interrupt(); }
    [[nodiscard]] std::uint64_t dead_letters() const override { return dead_letters_; }
    [[nodiscard]] bool rebuilding() const override { return rebuilding_; }
    [[nodiscard]] std::uint64_t objections() const override { return objections_; }

  private:
    /// What a transaction does of a batch.
    struct Added {
        std::size_t entries = 0;
        std::uint64_t dead_letters = 0;
    };
    using AddEntries = Result<Added> (RelationalSink::*)(const projection::Batch& batch,
                                                         std::size_t most);

    Result<void> choose_copy();
    Result<void> make_writer();
    Result<void> prepare_writer();
    Result<std::size_t> apply_in_transaction(const projection::Batch& batch, std::size_t most,
                                             AddEntries add);
    /// While the store is at work on this batch.
    void look_at_next();
    Result<ProjectionState> begin_state(const projection::Batch& batch);
    /// Whether another writer waits, and the transaction has `index` entries.
    [[nodiscard]] bool must_end(std::size_t index) const;
    Result<Added> add_entries(const projection::Batch& batch, std::size_t most);
    Result<Added> add_one_by_one(const projection::Batch& batch, std::size_t most);
    Result<bool> add_alone(const journal::Entry& entry);
    [[nodiscard]] Result<void> check_dead_letters(const projection::Batch& batch,
                                                  const Added& added) const;
    Result<void> look_at_cursor();
    void forget();

    const std::unique_ptr<Store> store_;
    const SinkOptions options_;
    const std::string parameters_;
    const WriteGate* gate_;

    std::unique_ptr<RebuildLock> rebuild_lock_;
    std::unique_ptr<Database> database_;
    std::optional<EventWriter> writer_;  ///< After database_, so that its statements end first.
    TableSet tables_ = TableSet::live();
    std::optional<ProjectionState> state_;
    std::uint64_t careful_through_ = 0;  ///< The store objected to an entry up to this sequence.
    std::atomic<std::uint64_t> objections_{0};
    std::atomic<std::uint64_t> dead_letters_{0};
    std::atomic<bool> rebuilding_{false};
};

}  // namespace cellmon::relational
