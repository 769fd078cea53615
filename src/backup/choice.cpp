#include "backup/choice.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cellmon::backup {
namespace {

tl::unexpected<Error> none_of(const FoundBackups& found) {
    std::string message = "there is no backup";
    for (const Error& problem : found.problems)
        message += fmt::format("; {}", problem.message);
    return fail(found.problems.empty() ? ErrorCode::not_found : ErrorCode::corrupt, message);
}

const FoundBackup* named(const FoundBackups& found, const std::string& name) {
    for (const FoundBackup& backup : found.backups) {
        if (backup.manifest.id == name) return &backup;
    }
    return nullptr;
}

bool same_history(const Manifest& a, const Manifest& b) {
    return a.journal_id == b.journal_id && a.epoch == b.epoch && a.key == b.key;
}

/// The sequences that can be restored to.
struct Reach {
    std::uint64_t first;  ///< Where the earliest picture of the classroom was taken.
    std::uint64_t last;
    bool is_all;  ///< There are no backups of another history.
};

tl::unexpected<Error> no_way_to(std::uint64_t sequence, const Reach& reach,
                                const std::string& name) {
    std::string message = fmt::format(
        "no backup can be restored to sequence {}: {} from {}, where {} picture of the classroom "
        "was taken, to {}",
        sequence, name.empty() ? "they go" : name + " goes", reach.first,
        name.empty() ? "the first" : "its", reach.last);
    if (name.empty() && !reach.is_all)
        message += "; of what was before a restore or a repair name a backup with --backup";
    return fail(ErrorCode::not_found, message);
}

}  // namespace

Result<Choice> choose(const FoundBackups& found, const std::string& name,
                      std::optional<std::uint64_t> to_sequence) {
    if (found.backups.empty()) return none_of(found);
    const FoundBackup* last = &found.backups.back();
    if (!name.empty()) {
        last = named(found, name);
        if (last == nullptr) {
            return fail(ErrorCode::not_found,
                        fmt::format("there is no backup {}; cellmon backup list shows them", name));
        }
    }
    if (!to_sequence) return Choice{*last, *last, last->manifest.through.sequence};

    const std::uint64_t wanted = *to_sequence;
    const FoundBackup* rows = nullptr;
    const FoundBackup* journal = nullptr;
    Reach reach{last->manifest.snapshot.sequence, last->manifest.through.sequence, true};
    for (const FoundBackup& backup : found.backups) {
        const Manifest& manifest = backup.manifest;
        if (!same_history(manifest, last->manifest)) {
            reach.is_all = false;
            continue;
        }
        const bool may_be_rows = name.empty() || &backup == last;
        if (may_be_rows) reach.first = std::min(reach.first, manifest.snapshot.sequence);
        reach.last = std::max(reach.last, manifest.through.sequence);
        if (may_be_rows && manifest.snapshot.sequence <= wanted) rows = &backup;
        if (journal == nullptr && manifest.through.sequence >= wanted) journal = &backup;
    }
    if (rows == nullptr || journal == nullptr) return no_way_to(wanted, reach, name);
    // Of the rows' own backup when it reaches so far.
    if (rows->manifest.through.sequence >= wanted) journal = rows;
    return Choice{*rows, *journal, wanted};
}

Result<std::optional<Key>> key_of(const FoundBackup& backup, const std::string& password) {
    auto key = open_key(password, backup.manifest.key);
    if (!key) {
        return fail(key.error().code, fmt::format("{}: {}", backup.path, key.error().message));
    }
    CELLMON_TRY(check_seal(backup.text, *key ? &**key : nullptr, backup.path));
    return key;
}

}  // namespace cellmon::backup
