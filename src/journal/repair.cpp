#include "journal/repair.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "journal/durable_file.hpp"
#include "journal/recovery.hpp"

namespace cellmon::journal {
namespace {

constexpr std::size_t kRepairBytes = 1U << 20U;

/// `2026-11-23T17:44:13.660077Z` without what a file name should not hold.
std::string time_in_name(TimeUs now) {
    std::string name;
    for (const char c : format_time(now).substr(0, 19)) {
        if (c != '-' && c != ':') name += c;
    }
    return name + "Z";
}

Result<void> copy_file(io::FileSystem& files, const std::string& from, const std::string& to) {
    CELLMON_TRY_ASSIGN(const auto source, files.open(from, io::OpenMode::read));
    CELLMON_TRY_ASSIGN(const auto target, files.open(to, io::OpenMode::create));
    std::vector<std::byte> buffer(kRepairBytes);
    for (std::uint64_t at = 0;;) {
        CELLMON_TRY_ASSIGN(const std::size_t got, source->read_at(at, buffer));
        if (got == 0) return target->sync();
        CELLMON_TRY(target->write_at(at, Bytes(buffer).first(got)));
        at += got;
    }
}

}  // namespace

Result<Repair> Repair::open(io::FileSystem& files, std::string directory,
                            const VerifyProgress& progress) {
    Repair repair(files, std::move(directory));
    CELLMON_TRY_ASSIGN(const auto identity, read_identity(files, repair.directory_));
    if (!identity) {
        return fail(ErrorCode::not_found, fmt::format("{} holds no journal", repair.directory_));
    }
    repair.identity_ = *identity;
    CELLMON_TRY_ASSIGN(repair.lock_,
                       files.lock(fmt::format("{}/{}", repair.directory_, kLockFile)));
    CELLMON_TRY_ASSIGN(repair.redactions_, Redactions::read(files, repair.directory_));
    CELLMON_TRY_ASSIGN(repair.verification_,
                       verify(files, repair.directory_, repair.identity_, repair.redactions_,
                              std::numeric_limits<std::uint64_t>::max(), progress));
    const auto& damage = repair.verification_.damage;
    if (damage && !damage->only_footer) {
        CELLMON_TRY_ASSIGN(repair.behind_, survey_behind(files, repair.directory_, repair.identity_,
                                                         repair.redactions_, *damage));
    }
    return repair;
}

Result<Repair::Applied> Repair::apply(TimeUs now) {
    CELLMON_ASSERT(needed());
    const Damage& damage = *verification_.damage;
    CELLMON_TRY_ASSIGN(const std::string folder, make_folder(now));
    if (damage.segment != 0) CELLMON_TRY(keep_copy(damage.segment, folder));
    CELLMON_TRY(files_.sync_directory(folder));
    if (damage.only_footer) {
        CELLMON_TRY(write_footer(damage));
    } else {
        // First of all, so that no cursor of the old history fits whatever a crash leaves.
        ++identity_.epoch;
        CELLMON_TRY(write_identity(files_, directory_, identity_));
        CELLMON_TRY(redactions_.cut_from(damage.end.next_sequence, files_, directory_));
        if (damage.segment != 0) CELLMON_TRY(cut(damage, folder));
        CELLMON_TRY_ASSIGN(auto durable, DurableFile::open(files_, directory_, identity_));
        CELLMON_TRY(durable.write(damage.end.next_sequence - 1));
    }
    return Applied{folder, identity_};
}

Result<std::string> Repair::make_folder(TimeUs now) {
    const std::string stem = fmt::format("{}/damaged-{}", directory_, time_in_name(now));
    std::string folder = stem;
    for (int number = 2;; ++number) {
        CELLMON_TRY_ASSIGN(const bool taken, files_.exists(folder));
        if (!taken) break;
        folder = fmt::format("{}-{}", stem, number);
    }
    CELLMON_TRY(files_.make_directories(folder));
    CELLMON_TRY(files_.sync_directory(directory_));
    return folder;
}

Result<void> Repair::keep_copy(std::uint64_t segment, const std::string& folder) {
    const std::string name = segment_name(segment);
    return copy_file(files_, fmt::format("{}/{}", directory_, name),
                     fmt::format("{}/{}", folder, name));
}

Result<void> Repair::move_away(std::uint64_t segment, const std::string& folder) {
    const std::string name = segment_name(segment);
    CELLMON_TRY(
        files_.rename(fmt::format("{}/{}", directory_, name), fmt::format("{}/{}", folder, name)));
    CELLMON_TRY(files_.sync_directory(folder));
    return files_.sync_directory(directory_);
}

Result<void> Repair::write_footer(const Damage& damage) {
    const std::string path = fmt::format("{}/{}", directory_, segment_name(damage.segment));
    const std::string mended = path + std::string(kRecoveringSuffix);
    CELLMON_TRY_ASSIGN(const auto segment, SegmentReader::open(files_, path, identity_.journal_id));
    std::array<std::byte, kFooterBytes> bytes{};
    encode(SegmentFooter{damage.segment, damage.end.next_sequence - 1, damage.end.chain,
                         damage.end.offset, damage.records_before},
           segment.header().salt, bytes);
    CELLMON_TRY(copy_file(files_, path, mended));
    {
        CELLMON_TRY_ASSIGN(const auto file, files_.open(mended, io::OpenMode::read_write));
        CELLMON_TRY(file->truncate(damage.end.offset));
        CELLMON_TRY(file->write_at(damage.end.offset, bytes));
        CELLMON_TRY(file->sync());
    }
    CELLMON_TRY(files_.rename(mended, path));
    return files_.sync_directory(directory_);
}

Result<void> Repair::cut(const Damage& damage, const std::string& folder) {
    // From the last one back: what remains after a crash is always a beginning of the journal.
    for (auto segment = behind_.segments.rbegin(); segment != behind_.segments.rend(); ++segment)
        CELLMON_TRY(move_away(*segment, folder));
    if (damage.records_before == 0) return move_away(damage.segment, folder);
    return replace_by_copy(files_, fmt::format("{}/{}", directory_, segment_name(damage.segment)),
                           damage.end.offset, 0);
}

}  // namespace cellmon::journal
