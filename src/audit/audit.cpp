#include "audit/audit.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "audit/row_comparison.hpp"

namespace cellmon::audit {
namespace {

/// Ranges whose sums are asked for at once: a moment's work for a store.
constexpr std::uint64_t kRangesAtOnce = 4;

/// Rows that are read at once.
constexpr std::uint64_t kLeaf = 1'024;

/// Parts that a range that differs is divided into.
constexpr std::uint64_t kParts = 16;

/// Twice the rows of a leaf: what is more is doubled many times over.
constexpr std::size_t kMostRows = 2 * kLeaf;

void note(StoreReport& report, std::vector<Difference> found) {
    for (Difference& one : found) {
        if (report.differences.size() >= Audit::kMostDifferences) {
            report.all = false;
            return;
        }
        report.differences.push_back(std::move(one));
    }
}

std::string text_of(const DayTotals& totals) {
    return fmt::format("{} events, {} runs, {} errors, {} us", totals.events, totals.executions,
                       totals.errors, totals.duration_us);
}

Difference totals_differ(const std::string& student, std::int64_t day, const DayTotals& expected,
                         const DayTotals& found) {
    return {Kind::totals,
            0,
            {},
            fmt::format("{} on day {} (since 1970): the store has {}; the journal has {}", student,
                        day, text_of(found), text_of(expected)),
            student,
            day};
}

bool near(std::uint64_t one, std::uint64_t other, std::uint64_t tolerance) {
    return (one > other ? one - other : other - one) <= tolerance;
}

}  // namespace

Result<StoreReport> Audit::run(Depth depth, const std::stop_token& stop) {
    CELLMON_TRY_ASSIGN(StoreView view, store_->open(source_->beginning()));
    CELLMON_TRY_ASSIGN(const std::uint64_t kept, source_->first_kept());
    const bool is_part = kept > view.first;
    view.first = std::max(view.first, kept);
    JournalSums deep(*source_, *store_, Depth::deep);
    JournalSums& sums = depth == Depth::quick ? quick_ : deep;
    if (view.generation != generation_) quick_.restart(view.first);
    generation_ = view.generation;
    if (view.first != sums.first() || view.through < sums.through()) sums.restart(view.first);
    sums.heed(stop);
    // Whether it is of this history, before anything is believed of it.
    CELLMON_TRY(source_->seek(view.cursor));
    // What goes on behind the journal, AuditedStore::beyond() knows.
    view.through = std::min(view.through, source_->durable_sequence());
    StoreReport report;
    report.store = store_->name();
    report.depth = depth;
    report.through = view.through;
    CELLMON_TRY(compare_ranges(sums, view, is_part, report, stop));
    CELLMON_TRY_ASSIGN(const auto beyond, store_->beyond(*source_, kMostDifferences));
    note(report, compare_rows({}, beyond));
    if (is_part) {
        report.notes.push_back(
            fmt::format("the content of the events through sequence {} was removed from the "
                        "journal (retention): rows were compared from {} on, totals were not",
                        kept - 1, kept));
        return report;
    }
    CELLMON_TRY(compare_totals(sums, report));
    return report;
}

/// `is_part`: the store also holds rows in front of the first that is compared.
Result<void> Audit::compare_ranges(JournalSums& sums, const StoreView& view, bool is_part,
                                   StoreReport& report, const std::stop_token& stop) {
    const std::uint64_t width = store_->range();
    const std::uint64_t end = view.through + 1;
    const std::uint64_t chunk = width * kRangesAtOnce;
    std::uint64_t begin_at = view.first / width * width;
    if (is_part && begin_at < view.first && view.first < end) {
        CELLMON_TRY(compare_part(sums, view.first, std::min(end, begin_at + width), report));
        begin_at += width;
    }
    for (std::uint64_t from = begin_at; from < end; from += chunk) {
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "the audit was ended");
        const std::uint64_t to = std::min(end, from + chunk);
        CELLMON_TRY(sums.advance(to - 1));
        CELLMON_TRY_ASSIGN(const auto found, store_->sums(from, to, width, report.depth));
        for (std::size_t index = 0; index < found.size(); ++index) {
            const std::uint64_t begin = from + index * width;
            const RangeSums expected = sums.range(begin / width);
            ++report.ranges;
            report.rows += expected.rows;
            if (equal(expected, found[index]) || !report.all) continue;
            CELLMON_TRY(look_into(sums, begin, std::min(to, begin + width), report));
        }
    }
    return {};
}

/// Of a range of which only the end is compared: the store may hold more of it.
Result<void> Audit::compare_part(JournalSums& sums, std::uint64_t from, std::uint64_t to,
                                 StoreReport& report) {
    const std::uint64_t width = store_->range();
    CELLMON_TRY(sums.advance(to - 1));
    CELLMON_TRY_ASSIGN(const auto found, store_->sums(from, to, width, report.depth));
    RangeSums expected = sums.range(from / width);
    // Remembered by places in the whole range.
    expected.places -= expected.marks * (from % width);
    ++report.ranges;
    report.rows += expected.rows;
    if (equal(expected, found.front()) || !report.all) return {};
    return look_into(sums, from, to, report);
}

/// Of a range whose sums differ: narrows it down and reads the rows of the parts that do.
Result<void> Audit::look_into(JournalSums& sums, std::uint64_t from, std::uint64_t to,
                              StoreReport& report) {
    const std::size_t before = report.differences.size();
    // Anew: what was erased since adds up to something else.
    CELLMON_TRY_ASSIGN(const auto leaves, sums.sums_of(from, to, kLeaf));
    const auto expected = [&](std::uint64_t begin, std::uint64_t end) {
        RangeSums all;
        for (std::uint64_t at = begin; at < end; at += kLeaf)
            all.add(leaves[(at - from) / kLeaf], at - begin);
        return all;
    };
    RangeSums remembered;
    remembered.add(expected(from, to), from % store_->range());
    sums.correct(from / store_->range(), remembered);
    CELLMON_TRY_ASSIGN(const auto whole, store_->sums(from, to, store_->range(), report.depth));
    if (equal(whole.front(), expected(from, to))) return {};
    ++report.differing_ranges;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> parts{{from, to}};
    while (!parts.empty() && report.all) {
        const auto [begin, end] = parts.back();
        parts.pop_back();
        if (end - begin <= kLeaf) {
            CELLMON_TRY_ASSIGN(const auto promised, sums.rows_of(begin, end));
            CELLMON_TRY_ASSIGN(const auto stored, store_->rows(begin, end, kMostRows));
            report.rows_read += stored.size();
            note(report, compare_rows(promised, stored));
            continue;
        }
        const std::uint64_t step = ((end - begin) / kParts / kLeaf + 1) * kLeaf;
        CELLMON_TRY_ASSIGN(const auto found, store_->sums(begin, end, step, report.depth));
        for (std::size_t index = found.size(); index-- > 0;) {
            const std::uint64_t first = begin + index * step;
            const std::uint64_t last = std::min(end, first + step);
            if (!equal(found[index], expected(first, last))) parts.emplace_back(first, last);
        }
    }
    if (report.differences.size() == before) {
        note(report, {{Kind::changed,
                       std::max<std::uint64_t>(from, 1),
                       {},
                       fmt::format("the sums of sequences {} to {} differ, and no row of them",
                                   from, to - 1),
                       {},
                       0}});
    }
    return {};
}

Result<void> Audit::compare_totals(JournalSums& sums, StoreReport& report) {
    CELLMON_TRY_ASSIGN(const auto stored, store_->totals());
    if (!stored) return {};
    if (stored->through < sums.through()) {
        report.notes.emplace_back("the store went back meanwhile; its totals were not compared");
        return {};
    }
    CELLMON_TRY(sums.advance(stored->through));
    if (!sums.totals_complete()) {
        report.notes.push_back(
            fmt::format("there are more than {} students and days; their totals "
                        "were not compared",
                        JournalSums::kMostTotals));
        return {};
    }
    compare(sums.totals(), stored->totals, report);
    if (stored->groups) compare(sums.groups(), *stored->groups, report);
    return {};
}

void Audit::compare(const Totals& expected, const Totals& stored, StoreReport& report) const {
    report.totals += expected.size();
    std::vector<Difference> found;
    const auto differs = [&](const DayTotals& one, const DayTotals& other) {
        return one.events != other.events || one.executions != other.executions ||
               one.errors != other.errors ||
               !near(static_cast<std::uint64_t>(one.duration_us),
                     static_cast<std::uint64_t>(other.duration_us),
                     store_->duration_tolerance_us());
    };
    for (const auto& [key, promised] : expected) {
        const auto at = stored.find(key);
        const DayTotals held = at == stored.end() ? DayTotals{} : at->second;
        if (differs(held, promised)) {
            found.push_back(totals_differ(key.first, key.second, promised, held));
        }
    }
    for (const auto& [key, held] : stored) {
        if (!expected.contains(key)) {
            found.push_back(totals_differ(key.first, key.second, {}, held));
        }
    }
    note(report, std::move(found));
}

bool Audit::equal(const RangeSums& one, const RangeSums& other) const {
    return one.rows == other.rows && one.marks == other.marks && one.places == other.places &&
           one.details == other.details &&
           near(one.duration_us, other.duration_us, store_->duration_tolerance_us());
}

Result<StoreReport> Audit::repair(const std::stop_token& stop) {
    CELLMON_TRY_ASSIGN(auto before, run(Depth::deep, stop));
    if (before.clean()) return before;
    CELLMON_TRY_ASSIGN(const Mended mended, store_->mend(before.differences, before.all, *source_));
    quick_.restart(quick_.first());
    auto compared = run(Depth::deep, stop);
    if (!compared && compared.error().code != ErrorCode::not_found) {
        return fail(std::move(compared).error());
    }
    StoreReport after = compared.value_or(StoreReport{});
    if (!compared) {
        after.store = before.store;
        after.depth = before.depth;
        after.notes.emplace_back("it is made anew when its server runs");
    }
    after.mended = mended;
    after.notes.push_back(fmt::format("{}{} differences before the repair",
                                      before.differences.size(), before.all ? "" : " or more"));
    return after;
}

}  // namespace cellmon::audit
