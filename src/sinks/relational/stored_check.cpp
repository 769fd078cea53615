#include "sinks/relational/stored_check.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sinks/relational/projection_state.hpp"

namespace cellmon::relational {
namespace {

// Each row with the places that the index of ids has for its event: one, its own, when all is well.
constexpr std::string_view kSqliteRows = R"sql(
SELECT e.sequence, e.event_id, r.sequence, i.sequence FROM events e
LEFT JOIN recent_event_ids r ON r.event_id = e.event_id
LEFT JOIN event_ids i ON i.event_id = e.event_id
WHERE e.sequence > ? AND e.sequence <= ? ORDER BY e.sequence)sql";

// The index is the one of the column itself.
constexpr std::string_view kPostgresRows = R"sql(
SELECT e.sequence, e.event_id, e.sequence, NULL FROM events e
WHERE e.sequence > ? AND e.sequence <= ? ORDER BY e.sequence)sql";

struct Row {
    std::uint64_t sequence;
    Id128 event_id;
    bool alone;  // The index knows this row of the event and no other.
};

}  // namespace

Result<StoredTotals> StoredCheck::advance(std::size_t most) {
    CELLMON_TRY(connect());
    auto compared = compare_some(most);
    if (compared) return totals_;
    // The file may come back as another one, and the place in the journal is uncertain.
    disconnect();
    return fail(std::move(compared).error());
}

void StoredCheck::disconnect() {
    rows_.reset();
    dead_letter_.reset();
    database_.reset();
    generation_.reset();
}

Result<void> StoredCheck::compare_some(std::size_t most) {
    CELLMON_TRY(database_->begin_read());
    CELLMON_TRY_ASSIGN(const std::uint64_t end, store_end());
    CELLMON_TRY(compare(std::min<std::uint64_t>(end, totals_.checked_through + most)));
    database_->rollback();
    return {};
}

Result<void> StoredCheck::connect() {
    if (database_) return {};
    CELLMON_TRY_ASSIGN(const bool exists, store_->exists());
    if (!exists) return fail(ErrorCode::not_found, store_->name() + " is not there yet");
    CELLMON_TRY_ASSIGN(database_, store_->open());
    return {};
}

/// How far the store has come, in the transaction that has begun.
Result<std::uint64_t> StoredCheck::store_end() {
    CELLMON_TRY_ASSIGN(const auto state, load_state(*database_, TableSet::live()));
    const journal::Cursor beginning = source_->beginning();
    if (!state || state->cursor.journal_id != beginning.journal_id ||
        state->cursor.epoch != beginning.epoch) {
        return fail(ErrorCode::not_found, store_->name() + " holds nothing of this journal yet");
    }
    if (generation_ != state->generation) {
        totals_ = {};
        CELLMON_TRY(source_->seek(beginning));
        generation_ = state->generation;
    }
    if (!rows_) {
        CELLMON_TRY_ASSIGN(
            rows_, database_->prepare(database_->engine() == sql::Engine::sqlite ? kSqliteRows
                                                                                 : kPostgresRows));
        CELLMON_TRY_ASSIGN(dead_letter_,
                           database_->prepare("SELECT 1 FROM dead_letters WHERE sequence = ?"));
    }
    return state->cursor.sequence;
}

Result<void> StoredCheck::compare(std::uint64_t end) {
    std::vector<Row> rows;
    CELLMON_TRY(rows_->each(
        [&](const Statement& row) {
            const std::uint64_t sequence = row.bits(0);
            const bool recent = !row.is_null(2);
            const bool older = !row.is_null(3);
            rows.push_back(
                {sequence, row.id(1), recent != older && row.bits(recent ? 2 : 3) == sequence});
        },
        totals_.checked_through, end));
    auto row = rows.begin();
    const auto pass_rows_before = [&](std::uint64_t sequence) {
        for (; row != rows.end() && row->sequence < sequence; ++row)
            ++totals_.doubled;
    };
    while (totals_.checked_through < end) {
        // Ids are enough.
        CELLMON_TRY_ASSIGN(const auto entry, source_->next_or_removed());
        if (!entry) break;
        totals_.checked_through = entry->header.sequence;
        if (entry->header.kind != journal::EntryKind::event) continue;
        pass_rows_before(entry->header.sequence);
        const bool stored = row != rows.end() && row->sequence == entry->header.sequence &&
                            row->event_id == entry->header.id;
        if (stored) {
            if (!row->alone) ++totals_.doubled;
            ++row;
            continue;
        }
        CELLMON_TRY_ASSIGN(const bool is_dead,
                           dead_letter_->first([](const Statement&) {}, entry->header.sequence));
        if (!is_dead) ++totals_.absent;
    }
    pass_rows_before(totals_.checked_through + 1);
    return {};
}

}  // namespace cellmon::relational
