#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "projection/batch.hpp"

namespace cellmon::projection {

/// A store that folds the journal's entries. Used by one thread, that of its ProjectionRunner.
///
/// Errors: mismatch, corrupt, newer_format, not_found, needs_snapshot and limit stop the projection
/// for a person to look at; all others are transient: the runner waits, opens again and goes on
/// behind the cursor that the store then reports.
class Sink {
  public:
    virtual ~Sink() = default;

    /// As in GET /api/v1/projections, for example `relational`.
    [[nodiscard]] virtual std::string_view name() const = 0;

    /// Connects, anew when it was connected, and reads the store's cursor; nullopt: the store has
    /// seen nothing yet.
    virtual Result<std::optional<journal::Cursor>> open() = 0;

    /// Of a store that keeps only the newest entries: how many. One that has seen nothing then
    /// begins so many before the end.
    [[nodiscard]] virtual std::optional<std::uint64_t> keeps_newest() const { return std::nullopt; }

    /// Of a store for which large transactions are much cheaper: how many times as large as those
    /// of others they are, while it is far behind.
    [[nodiscard]] virtual std::size_t batch_factor() const { return 1; }

    /// What a person may do about a cursor of another journal; it goes behind the message of that.
    [[nodiscard]] virtual std::string remedy() const { return {}; }

    /// The store's cursor is of an earlier epoch of this journal, which was restored or repaired
    /// since: all that was made of that history goes, and the store has seen nothing any more.
    virtual Result<void> begin_epoch();

    /// Applies the first n entries of the batch, n ≥ 1, and the cursor behind them in one
    /// transaction; returns n. The store's cursor must be `batch.before()`, else
    /// ErrorCode::mismatch.
    virtual Result<std::size_t> apply(const Batch& batch) = 0;

    /// For the runner: how the sink's read_next() reads.
    void set_read_next(std::function<const Batch*()> read_next) {
        read_next_ = std::move(read_next);
    }

    /// Called when all that is durable has been applied.
    virtual Result<void> caught_up() { return {}; }

    /// The projection is to end: a call that waits for the store returns soon, with an error; so
    /// does every later one. Safe for use by any thread.
    virtual void interrupt() {}

    /// Entries that the store could not take, in all. Safe for use by any thread.
    [[nodiscard]] virtual std::uint64_t dead_letters() const { return 0; }

    /// Batches that were applied anew entry by entry, since the store objected to something in
    /// them. Safe for use by any thread.
    [[nodiscard]] virtual std::uint64_t objections() const { return 0; }

    /// Whether the projection is building a new copy beside the one that is read. Safe for use by
    /// any thread.
    [[nodiscard]] virtual bool rebuilding() const { return false; }

  protected:
    /// For apply(), when it has handed everything to the store and would only wait: reads the
    /// entries behind the batch meanwhile. They are likely to be the next batch, and stay as long
    /// as the call of apply(); null when there are none yet.
    [[nodiscard]] const Batch* read_next() const { return read_next_ ? read_next_() : nullptr; }

  private:
    std::function<const Batch*()> read_next_;
};

}  // namespace cellmon::projection
