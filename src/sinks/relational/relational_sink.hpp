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
class RelationalSink final : public projection::Sink {
  public:
    /// `gate` may be null: then nobody else in this process writes to a SQLite file.
    RelationalSink(std::unique_ptr<Store> store, SinkOptions options,
                   const WriteGate* gate = nullptr);

    [[nodiscard]] std::string_view name() const override { return "relational"; }
    Result<std::optional<journal::Cursor>> open() override;
    Result<std::size_t> apply(const projection::Batch& batch) override;
    Result<void> caught_up() override;
    [[nodiscard]] std::string remedy() const override { return store_->remedy(); }
    void interrupt() override { store_->interrupt(); }
    [[nodiscard]] std::uint64_t dead_letters() const override { return dead_letters_; }
    [[nodiscard]] bool rebuilding() const override { return rebuilding_; }

  private:
    Result<void> choose_copy();
    Result<void> prepare_writer();
    Result<std::size_t> apply_in_transaction(const projection::Batch& batch);
    Result<ProjectionState> begin_state(const projection::Batch& batch);
    Result<std::size_t> add_entries(const projection::Batch& batch);
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
    std::atomic<std::uint64_t> dead_letters_{0};
    std::atomic<bool> rebuilding_{false};
};

}  // namespace cellmon::relational
