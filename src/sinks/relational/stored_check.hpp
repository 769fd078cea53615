#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.hpp"
#include "projection/entry_source.hpp"
#include "sinks/relational/store.hpp"

namespace cellmon::relational {

struct StoredTotals {
    std::uint64_t checked_through = 0;  ///< Sequence; everything up to it was compared.
    std::uint64_t absent = 0;   ///< Events of the journal that have no row, nor a dead letter.
    std::uint64_t doubled = 0;  ///< Rows of an event that has another one, or of none at all.
};

/// Compares the rows of the store with the journal, range by range, so that a running server can
/// say that each event is stored once because it looked. One thread at a time.
class StoredCheck {
  public:
    /// `store` is only read; `source`: the journal that it is made from.
    StoredCheck(std::unique_ptr<Store> store, std::unique_ptr<projection::EntrySource> source)
        : store_(std::move(store)), source_(std::move(source)) {}

    /// Compares the next entries, at most `most`, as far as the store has them; starts anew when
    /// the store was rebuilt. ErrorCode::not_found while there is no store of this journal, else as
    /// Database and EntrySource.
    Result<StoredTotals> advance(std::size_t most);

    /// Ends a call that waits for the store, for good. Any thread.
    void interrupt() { store_->interrupt(); }

  private:
    Result<void> connect();
    void disconnect();
    Result<void> compare_some(std::size_t most);
    Result<std::uint64_t> store_end();
    Result<void> compare(std::uint64_t end);

    const std::unique_ptr<Store> store_;
    const std::unique_ptr<projection::EntrySource> source_;
    std::unique_ptr<Database> database_;
    std::optional<Statement> rows_;  // After database_, so that it ends first.
    std::optional<Statement> dead_letter_;
    std::optional<std::int64_t> generation_;  // Of the copy that the totals speak of.
    StoredTotals totals_;
};

}  // namespace cellmon::relational
