#include "backup/verify.hpp"

#include <map>

#include <fmt/format.h>

#include "backup/choice.hpp"
#include "backup/erasure_list.hpp"

namespace cellmon::backup {

Result<Verified> verify_backups(io::FileSystem& files, const VerifyOptions& options, Work work) {
    CELLMON_TRY_ASSIGN(const auto found, find_backups(files, options.where));
    Verified verified;
    for (const Error& problem : found.problems)
        verified.problems.push_back(problem.message);
    // Backups share parts: each is read once.
    std::map<std::string, std::pair<const FoundBackup*, const PartEntry*>> parts;
    for (const FoundBackup& backup : found.backups) {
        if (!options.backup.empty() && backup.manifest.id != options.backup) continue;
        verified.backups.push_back(backup.manifest);
        for (const PartEntry& part : backup.manifest.parts) {
            if (!parts.try_emplace(part.name, &backup, &part).second) continue;
            work.total += part.size.stored_bytes;
        }
    }
    if (verified.backups.empty() && verified.problems.empty()) {
        return fail(ErrorCode::not_found,
                    options.backup.empty() ? fmt::format("{} holds no backup", options.where)
                                           : fmt::format("there is no backup {}", options.backup));
    }
    std::optional<Key> key;
    const FoundBackup* keyed = nullptr;
    for (const auto& [name, where] : parts) {
        const auto& [backup, part] = where;
        const bool encrypted = backup->manifest.key.encrypted;
        const StoredPart stored = stored_part(options.where, *part);
        Result<void> checked;
        if (encrypted && options.password.empty()) {
            verified.opened = false;
            checked = check_part(files, stored);
        } else {
            // One key for a whole folder.
            if (keyed == nullptr || keyed->manifest.key != backup->manifest.key) {
                CELLMON_TRY_ASSIGN(key, key_of(*backup, options.password));
                keyed = backup;
            }
            checked = read_part(files, stored, key ? &*key : nullptr,
                                [](std::span<const std::byte>) { return Result<void>(); });
        }
        if (!checked) verified.problems.push_back(checked.error().message);
        ++verified.parts;
        verified.bytes += part->size.stored_bytes;
        CELLMON_TRY(work.add(part->size.stored_bytes));
    }
    CELLMON_TRY_ASSIGN(const auto damaged, damaged_erasures(files, options.where));
    verified.problems.insert(verified.problems.end(), damaged.begin(), damaged.end());
    return verified;
}

}  // namespace cellmon::backup
