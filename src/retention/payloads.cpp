#include "retention/payloads.hpp"

#include <algorithm>
#include <utility>

#include "backup/covered.hpp"
#include "journal/identity.hpp"
#include "journal/removal.hpp"

namespace cellmon::retention {
namespace {

/// Through where a backup has the payloads of this history.
Result<std::optional<std::uint64_t>> covered_through(io::FileSystem& files, const std::string& data,
                                                     const journal::Identity& identity) {
    CELLMON_TRY_ASSIGN(const auto covered, backup::read_covered(files, data));
    if (!covered || covered->journal_id != identity.journal_id ||
        covered->epoch != identity.epoch) {
        return std::nullopt;
    }
    return covered->sequence;
}

/// What follows a segment may be much younger than it, behind holidays. Where that matters its own
/// newest entry is looked up: in one segment, mostly, or none.
Result<void> look_closer(io::FileSystem& files, const std::string& directory,
                         const Id128& journal_id, std::int64_t keep_us, TimeUs now,
                         std::vector<journal::SealedSegment>& segments) {
    const auto is_old = [&](TimeUs time) { return now - time >= keep_us; };
    for (journal::SealedSegment& segment : segments) {
        if (segment.payloads_removed || is_old(segment.newest_us)) continue;
        if (!is_old(segment.begun_us)) break;
        CELLMON_TRY_ASSIGN(segment.newest_us, journal::newest_entry_us(files, directory, journal_id,
                                                                       segment.first_sequence));
        if (!is_old(segment.newest_us)) break;
    }
    return {};
}

}  // namespace

Result<PayloadsRemoved> remove_old_payloads(io::FileSystem& files, const std::string& data,
                                            const RetentionOptions& options,
                                            const FoldedEverywhere& folded, TimeUs now,
                                            const std::stop_token& stop) {
    const std::string directory = data + "/journal";
    CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(files, directory));
    if (!identity) return fail(ErrorCode::not_found, directory + " holds no journal");
    Barriers barriers;
    // Without a need for it a damaged file stands in nobody's way.
    if (!options.without_backup) {
        CELLMON_TRY_ASSIGN(barriers.covered, covered_through(files, data, *identity));
    }
    barriers.readers = folded();
    CELLMON_TRY_ASSIGN(auto segments,
                       journal::sealed_segments(files, directory, identity->journal_id));
    if (options.payload_days > 0) {
        const auto days = static_cast<std::int64_t>(options.payload_days);
        CELLMON_TRY(
            look_closer(files, directory, identity->journal_id, days * kDayUs, now, segments));
    }
    const SegmentChoice choice = choose(segments, options, barriers, now);
    PayloadsRemoved done;
    done.through = choice.removed_through;
    done.kept_bytes = choice.kept_bytes;
    done.waiting = choice.waiting;
    done.waiting_for = choice.waiting_for;
    for (const std::uint64_t first : choice.segments) {
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "the server stops");
        const auto segment =
            std::ranges::find(segments, first, &journal::SealedSegment::first_sequence);
        CELLMON_TRY_ASSIGN(const std::uint64_t bytes,
                           journal::remove_payloads(files, directory, identity->journal_id, first));
        ++done.segments;
        done.bytes += bytes;
        done.kept_bytes -= segment->bytes;
        done.through = std::max(done.through, segment->last_sequence);
    }
    return done;
}

}  // namespace cellmon::retention
