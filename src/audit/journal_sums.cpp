#include "audit/journal_sums.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace cellmon::audit {

void JournalSums::restart(std::uint64_t first) {
    first_ = first;
    through_ = first - 1;
    ranges_.clear();
    totals_.clear();
    groups_.clear();
}

/// Hands each entry of [from, to) that the store must hold to `on_entry`.
template <typename OnEntry>
Result<void> JournalSums::read(std::uint64_t from, std::uint64_t to, Depth depth,
                               OnEntry&& on_entry) {
    from = std::max(from, first_);
    if (from >= to) return {};
    CELLMON_TRY(source_.seek_sequence(from));
    constexpr std::uint64_t kLookInterval = 1'024;
    for (std::uint64_t at = from; at < to; ++at) {
        if (at % kLookInterval == 0 && stop_.stop_requested()) {
            return fail(ErrorCode::cancelled, "the audit was ended");
        }
        CELLMON_TRY_ASSIGN(const auto entry, source_.next());
        if (!entry) {
            return fail(ErrorCode::mismatch,
                        fmt::format("the store {} goes on behind sequence {}, where the journal "
                                    "ends",
                                    store_.name(), at - 1));
        }
        if (const auto row = store_.expect(*entry, depth)) on_entry(entry->header, *row);
    }
    return {};
}

Result<void> JournalSums::advance(std::uint64_t sequence) {
    const std::uint64_t width = store_.range();
    while (through_ < sequence) {
        const std::uint64_t end = std::min(sequence, (through_ + 1) / width * width + width - 1);
        const std::uint64_t number = end / width;
        if (ranges_.size() <= number) ranges_.resize(number + 1);
        RangeSums sums = ranges_[number];
        const auto done =
            read(through_ + 1, end + 1, depth_,
                 [&](const journal::EntryHeader& header, const ExpectedRow& row) {
                     sums.add(row.mark, header.sequence % width, row.details, row.duration_us);
                     add_totals(row);
                 });
        if (!done) {
            // The totals have a part of the range.
            restart(first_);
            return done;
        }
        ranges_[number] = sums;
        through_ = end;
    }
    return {};
}

void JournalSums::add_totals(const ExpectedRow& row) {
    const auto add = [&](Totals& totals, std::string_view whose) {
        if (whose.empty() || !totals_complete()) return;
        DayTotals& day = totals[{std::string(whose), row.day}];
        day.events += row.totals.events;
        day.executions += row.totals.executions;
        day.errors += row.totals.errors;
        day.duration_us += row.totals.duration_us;
    };
    add(totals_, row.student);
    add(groups_, row.group);
}

RangeSums JournalSums::range(std::uint64_t number) const {
    return number < ranges_.size() ? ranges_[number] : RangeSums{};
}

void JournalSums::correct(std::uint64_t number, const RangeSums& sums) {
    if (number < ranges_.size()) ranges_[number] = sums;
}

Result<std::vector<RangeSums>> JournalSums::sums_of(std::uint64_t from, std::uint64_t to,
                                                    std::uint64_t step) {
    std::vector<RangeSums> all((to - from + step - 1) / step);
    CELLMON_TRY(
        read(from, to, depth_, [&](const journal::EntryHeader& header, const ExpectedRow& row) {
            const std::uint64_t place = header.sequence - from;
            all[place / step].add(row.mark, place % step, row.details, row.duration_us);
        }));
    return all;
}

Result<std::vector<StoredRow>> JournalSums::rows_of(std::uint64_t from, std::uint64_t to) {
    std::vector<StoredRow> rows;
    CELLMON_TRY(read(from, to, Depth::deep,
                     [&](const journal::EntryHeader& header, const ExpectedRow& row) {
                         rows.push_back({header.sequence, header.id, row.mark, false});
                     }));
    return rows;
}

}  // namespace cellmon::audit
