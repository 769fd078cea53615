#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "audit/audit.hpp"
#include "sinks/influxdb/audited_activity.hpp"
#include "sinks/influxdb/audited_points.hpp"
#include "sinks/influxdb/point_changes.hpp"
#include "sinks/influxdb/progress_point.hpp"

namespace cellmon::influxdb {

/// The line of the point that the entry must have; false when it has none.
bool AuditedPoints::append_line(const journal::Entry& entry, std::string& line) {
    if (!expect(entry, audit::Depth::deep)) return false;
    line += line_;
    return true;
}

Result<audit::Mended> AuditedPoints::mend(std::span<const audit::Difference> differences, bool all,
                                          projection::EntrySource& source) {
    if (!all) {
        return fail(ErrorCode::limit,
                    "too much differs to be mended point by point: cellmon rebuild timeseries");
    }
    std::map<std::uint64_t, std::set<std::uint64_t>> leaves;
    std::set<std::int64_t> days;
    for (const audit::Difference& difference : differences) {
        if (difference.kind != audit::Kind::totals) {
            leaves[difference.sequence / kLeaf].insert(difference.sequence);
        } else if (is_activity_group(difference.student)) {
            days.insert(difference.day);
        }
    }
    CELLMON_TRY_ASSIGN(auto elsewhere, strays(audit::Audit::kMostDifferences));
    CELLMON_TRY_ASSIGN(auto ahead, points(fmt::format("\"sequence\" > {}", through_),
                                          audit::Audit::kMostDifferences));
    std::move(ahead.begin(), ahead.end(), std::back_inserter(elsewhere));
    audit::Mended mended;
    for (const auto& [leaf, sequences] : leaves) {
        const std::uint64_t begin = leaf * kLeaf;
        CELLMON_TRY_ASSIGN(auto stored, points(condition(begin, begin + kLeaf), 2 * kLeaf));
        for (const StoredPoint& point : elsewhere) {
            if (point.sequence / kLeaf == leaf) stored.push_back(point);
        }
        CELLMON_TRY(mend_some(sequences, stored, source));
        mended.events += sequences.size();
    }
    if (!days.empty()) CELLMON_TRY(mend_activity(*connection_, source, through_, days));
    return mended;
}

Result<void> AuditedPoints::mend_some(const std::set<std::uint64_t>& sequences,
                                      const std::vector<StoredPoint>& stored,
                                      projection::EntrySource& source) {
    std::map<std::uint64_t, std::string> expected;
    std::set<std::uint64_t> unknown;
    std::uint64_t next = 0;
    for (const std::uint64_t sequence : sequences) {
        if (sequence == 0 || sequence > through_) continue;
        if (next != sequence) CELLMON_TRY(source.seek_sequence(sequence));
        CELLMON_TRY_ASSIGN(const auto entry, source.next_or_removed());
        if (!entry) return fail(ErrorCode::mismatch, "the journal ends before its points");
        next = sequence + 1;
        // What it must be nobody can tell any more: it stays as it is.
        if (entry->removed) {
            unknown.insert(sequence);
            continue;
        }
        std::string line;
        if (append_line(*entry, line)) expected.emplace(sequence, std::move(line));
    }
    for (const StoredPoint& point : stored) {
        if (!sequences.contains(point.sequence) || unknown.contains(point.sequence)) continue;
        // Meanwhile it may be the right one.
        if (point.sequence > through_ && point.sequence <= source.durable_sequence()) continue;
        const auto line = expected.find(point.sequence);
        if (line == expected.end() || line->second != point.line) {
            CELLMON_TRY(drop_point(*connection_, kProgress, point.itself));
        }
    }
    std::vector<std::string> lines;
    for (auto& [sequence, line] : expected)
        lines.push_back(std::move(line));
    return write_points(*connection_, lines);
}

}  // namespace cellmon::influxdb
