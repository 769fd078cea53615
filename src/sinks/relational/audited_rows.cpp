#include "sinks/relational/audited_rows.hpp"

#include <limits>
#include <utility>

#include "audit/day.hpp"
#include "sinks/relational/audit_queries.hpp"
#include "sinks/relational/detail.hpp"
#include "sinks/relational/mend.hpp"
#include "sinks/relational/projection_state.hpp"
#include "sinks/relational/row_text.hpp"
#include "sinks/relational/row_words.hpp"

namespace cellmon::relational {
namespace {

/// The products of halves of marks and places in a range of so many add up within 63 bits.
constexpr std::uint64_t kRange = 16'384;

constexpr unsigned kHalfBits = 32;

constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();

std::uint64_t quick_mark(const journal::EntryHeader& header) {
    return header.content_hash + id_word(header.id);
}

/// What a daily total has of the event; as DailyTotals::add.
audit::DayTotals totals_of(const event::Event& event, event::ExecutionStatus status) {
    audit::DayTotals totals{1, 0, 0, 0};
    if (!event::is_execution(status)) return totals;
    totals.executions = 1;
    totals.errors = status == event::ExecutionStatus::error ? 1 : 0;
    totals.duration_us = event::duration_us_of(event).value_or(0);
    return totals;
}

}  // namespace

std::uint64_t AuditedRows::range() const {
    return kRange;
}

/// Runs `read` on one picture of all tables.
template <typename Read>
Result<void> AuditedRows::in_one_picture(Read&& read) {
    CELLMON_TRY(database_->begin_read());
    Result<void> done = read();
    database_->rollback();
    return done;
}

Result<audit::StoreView> AuditedRows::open(const journal::Cursor& beginning) {
    database_.reset();
    CELLMON_TRY_ASSIGN(const bool exists, store_->exists());
    if (!exists) return fail(ErrorCode::not_found, store_->name() + " is not there yet");
    CELLMON_TRY_ASSIGN(database_, store_->open());
    std::optional<ProjectionState> state;
    dead_.clear();
    const auto read = [&]() -> Result<void> {
        CELLMON_TRY_ASSIGN(state, load_state(*database_, TableSet::live()));
        if (!state) return {};
        CELLMON_TRY_ASSIGN(auto select, database_->prepare("SELECT sequence FROM dead_letters"));
        return select.each([&](const Statement& row) { dead_.insert(row.bits(0)); });
    };
    CELLMON_TRY(in_one_picture(read));
    if (!state || state->cursor.journal_id != beginning.journal_id ||
        state->cursor.epoch != beginning.epoch) {
        return fail(ErrorCode::not_found, store_->name() + " holds nothing of this journal yet");
    }
    if (state->version != kProjectionVersion) {
        return fail(ErrorCode::not_found, store_->name() + " is being rebuilt for this version");
    }
    // Another dead letter changes what must be there.
    const auto generation =
        state->generation + (static_cast<std::int64_t>(dead_.size()) << kHalfBits);
    return audit::StoreView{state->cursor, state->cursor.sequence, 1, generation};
}

std::optional<audit::ExpectedRow> AuditedRows::expect(const journal::Entry& entry,
                                                      audit::Depth depth) {
    const journal::EntryHeader& header = entry.header;
    const bool deep = depth == audit::Depth::deep;
    audit::ExpectedRow row;
    row.mark = quick_mark(header);
    if (header.kind == journal::EntryKind::quarantine) {
        if (deep) row.mark = text_word(quarantine_text(entry));
        return row;
    }
    if (header.kind != journal::EntryKind::event) return std::nullopt;
    if (entry.redacted) {
        if (deep) row.mark = text_word(redacted_text(header));
        return row;
    }
    const auto read = reader_.read(entry.payload);
    if (!read || dead_.contains(header.sequence)) {
        if (deep) row.mark = text_word(dead_letter_text(entry));
        return row;
    }
    const event::Event& event = **read;
    const Detail detail = detail_of(event);
    if (deep) row.mark = text_word(event_text(header, event, detail));
    row.details = detail.table == DetailTable::none ? 0 : 1;
    if (detail.table == DetailTable::cell_executions) {
        row.duration_us = static_cast<std::uint64_t>(event::duration_us_of(event).value_or(0));
    }
    row.student = event.email_address;
    row.day = audit::day_of(event.event_time_us);
    row.totals = totals_of(event, detail.status);
    return row;
}

Result<std::vector<audit::RangeSums>> AuditedRows::sums(std::uint64_t from, std::uint64_t to,
                                                        std::uint64_t step, audit::Depth depth) {
    std::vector<audit::RangeSums> all((to - from + step - 1) / step);
    const sql::Engine engine = database_->engine();
    const auto add = [&](const std::string& sql, auto&& part_of) -> Result<void> {
        CELLMON_TRY_ASSIGN(auto select, database_->prepare(sql));
        return select.each(
            [&](const Statement& row) {
                all.at(static_cast<std::size_t>(row.integer(0))).add(part_of(row), 0);
            },
            from, step, to);
    };
    const auto read = [&]() -> Result<void> {
        for (const EntryTable table : kEntryTables) {
            const std::string sql =
                depth == audit::Depth::deep ? deep_sums(engine, table) : quick_sums(engine, table);
            CELLMON_TRY(add(sql, [](const Statement& row) {
                return audit::RangeSums{row.bits(1), row.bits(2) + (row.bits(3) << kHalfBits),
                                        row.bits(4) + (row.bits(5) << kHalfBits), 0, 0};
            }));
        }
        for (const std::string_view table : kDetailTables) {
            CELLMON_TRY(add(detail_sums(table), [](const Statement& row) {
                return audit::RangeSums{0, 0, 0, row.bits(1), row.bits(2)};
            }));
        }
        return {};
    };
    CELLMON_TRY(in_one_picture(read));
    return all;
}

Result<void> AuditedRows::add_rows(std::int64_t from, std::int64_t to, std::size_t most,
                                   std::vector<audit::StoredRow>& rows) {
    CELLMON_TRY_ASSIGN(auto select, database_->prepare(marked_rows(database_->engine())));
    return select.each(
        [&](const Statement& row) {
            rows.push_back({row.bits(0), row.id(1), row.bits(2), row.is_null(1)});
        },
        from, to, most);
}

Result<std::vector<audit::StoredRow>> AuditedRows::rows(std::uint64_t from, std::uint64_t to,
                                                        std::size_t most) {
    std::vector<audit::StoredRow> rows;
    CELLMON_TRY(
        add_rows(static_cast<std::int64_t>(from), static_cast<std::int64_t>(to), most, rows));
    return rows;
}

Result<std::uint64_t> AuditedRows::cursor() {
    CELLMON_TRY_ASSIGN(const auto state, load_state(*database_, TableSet::live()));
    if (!state) return fail(ErrorCode::unavailable, store_->name() + " was emptied meanwhile");
    return state->cursor.sequence;
}

Result<std::vector<audit::StoredRow>> AuditedRows::beyond(const projection::EntrySource& /*source*/,
                                                          std::size_t most) {
    std::vector<audit::StoredRow> rows;
    const auto read = [&]() -> Result<void> {
        CELLMON_TRY_ASSIGN(const std::uint64_t end, cursor());
        CELLMON_TRY(add_rows(kFirst, 1, most, rows));
        return add_rows(static_cast<std::int64_t>(end) + 1, kLast, most, rows);
    };
    CELLMON_TRY(in_one_picture(read));
    return rows;
}

Result<std::optional<audit::StoredTotals>> AuditedRows::totals() {
    audit::StoredTotals stored;
    const auto read = [&]() -> Result<void> {
        CELLMON_TRY_ASSIGN(stored.through, cursor());
        CELLMON_TRY_ASSIGN(
            auto select,
            database_->prepare_scan("SELECT s.email, d.day, d.events, d.executions, d.errors, "
                                    "d.duration_us FROM daily_totals d JOIN students s ON s.id = "
                                    "d.student_id"));
        return select.each([&](const Statement& row) {
            stored.totals[{std::string(row.text(0)), row.integer(1)}] = {
                row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
        });
    };
    CELLMON_TRY(in_one_picture(read));
    return stored;
}

Result<audit::Mended> AuditedRows::mend(std::span<const audit::Difference> differences, bool all,
                                        projection::EntrySource& source) {
    database_.reset();
    return mend_rows(*store_, source, differences, all, id_merge_interval_);
}

}  // namespace cellmon::relational
