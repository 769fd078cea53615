#include "journal/inspect.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "journal/durable_file.hpp"
#include "journal/id_set.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr int kLooks = 3;  // A running server may merge runs away between two looks.

Result<void> count_records(SegmentReader& segment, const Redactions& redactions,
                           std::uint64_t visible, SegmentSummary& summary) {
    Position at = segment.begin();
    while (at.next_sequence <= visible) {
        CELLMON_TRY_ASSIGN(const auto record,
                           segment.record_at(at, SegmentReader::Check::head_only, redactions));
        if (!record) break;
        at = SegmentReader::after(at, *record);
        ++summary.records;
    }
    summary.last_sequence = at.next_sequence - 1;
    summary.used_bytes = at.offset;
    return {};
}

Result<void> summarise(io::FileSystem& files, const std::string& path, const Identity& identity,
                       const Redactions& redactions, std::uint64_t visible,
                       SegmentSummary& summary) {
    CELLMON_TRY_ASSIGN(auto segment, SegmentReader::open(files, path, identity.journal_id));
    summary.first_sequence = segment.header().first_sequence;
    summary.last_sequence = summary.first_sequence - 1;
    summary.epoch = segment.header().epoch;
    summary.payloads_removed = segment.header().payloads_removed;
    CELLMON_TRY_ASSIGN(const auto footer, segment.footer());
    if (!footer) return count_records(segment, redactions, visible, summary);
    summary.sealed = true;
    summary.records = footer->record_count;
    summary.last_sequence = footer->last_sequence;
    summary.used_bytes = footer->offset + kFooterBytes;
    return {};
}

Result<IdIndexSummary> count_ids(io::FileSystem& files, const std::string& directory) {
    IdIndexSummary summary;
    CELLMON_TRY_ASSIGN(const auto manifest, read_id_manifest(files, directory));
    if (!manifest) return summary;
    summary.covered_sequence = manifest->covered.sequence;
    summary.runs = manifest->runs.size();
    for (const auto& [name, checksum] : manifest->runs) {
        CELLMON_TRY_ASSIGN(const auto run,
                           IdRun::open(files, fmt::format("{}/{}", directory, name)));
        summary.ids += run->count();
    }
    return summary;
}

IdIndexSummary summarise_ids(io::FileSystem& files, const std::string& directory) {
    IdIndexSummary failed;
    for (int attempt = 0; attempt < kLooks; ++attempt) {
        auto summary = count_ids(files, directory);
        if (summary) return *summary;
        failed.problem = summary.error().message;
    }
    return failed;
}

}  // namespace

Result<Inspection> inspect(io::FileSystem& files, const std::string& directory) {
    CELLMON_TRY_ASSIGN(const auto identity, read_identity(files, directory));
    if (!identity) {
        return fail(ErrorCode::not_found, fmt::format("{} holds no journal", directory));
    }
    Inspection inspection;
    inspection.identity = *identity;
    // Before the list of segments: whatever is durable now lies in a segment that is listed then.
    const std::uint64_t visible = visible_beside_writer(files, directory)();
    inspection.writer_active = visible != kNoLimit;
    CELLMON_TRY_ASSIGN(const auto called_durable, read_durable(files, directory, *identity));
    CELLMON_TRY_ASSIGN(const auto redactions, Redactions::read(files, directory));
    inspection.redactions = redactions.ranges();
    CELLMON_TRY_ASSIGN(const auto firsts, list_segments(files, directory));
    for (const std::uint64_t first : firsts) {
        SegmentSummary summary;
        summary.name = segment_name(first);
        const auto read = summarise(files, fmt::format("{}/{}", directory, summary.name), *identity,
                                    redactions, visible, summary);
        if (!read) summary.problem = read.error().message;
        if (summary.payloads_removed) inspection.removed_through = summary.last_sequence;
        inspection.segments.push_back(std::move(summary));
    }
    if (inspection.writer_active) {
        inspection.durable_sequence = visible;
    } else if (!inspection.segments.empty()) {
        inspection.durable_sequence = inspection.segments.back().last_sequence;
    }
    const std::uint64_t expected = called_durable.value_or(0);
    const bool readable = inspection.segments.empty() || inspection.segments.back().problem.empty();
    if (!inspection.writer_active && readable && expected > inspection.durable_sequence) {
        inspection.missing = expected - inspection.durable_sequence;
    }
    inspection.ids = summarise_ids(files, directory);
    return inspection;
}

}  // namespace cellmon::journal
