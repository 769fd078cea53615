#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/key.hpp"
#include "backup/manifest.hpp"
#include "backup/part.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

/// What a backup of one file is called; every other path is a folder of backups that share parts.
inline constexpr std::string_view kFileSuffix = ".cellmon-backup";
inline constexpr std::string_view kManifestSuffix = ".backup";
inline constexpr std::string_view kPartSuffix = ".part";
inline constexpr std::string_view kPartialSuffix = ".partial";

/// In a folder: how its parts are encrypted.
inline constexpr std::string_view kFolderFile = "repository";
inline constexpr std::string_view kBackupLockFile = "lock";

[[nodiscard]] inline bool is_one_file(std::string_view path) {
    return path.ends_with(kFileSuffix);
}

/// A backup that was found.
struct FoundBackup {
    Manifest manifest;
    std::string path;  ///< Of its manifest, or of the one file.
    std::string text;  ///< Of its manifest.
};

struct FoundBackups {
    std::vector<FoundBackup> backups;  ///< The oldest first.
    std::vector<Error> problems;       ///< Of manifests that could not be read.
};

/// All backups in a folder, or the one of a file. ErrorCode::not_found when the path leads nowhere.
Result<FoundBackups> find_backups(io::FileSystem& files, const std::string& where);

/// Where a part of a backup found at `where` lies.
[[nodiscard]] StoredPart stored_part(const std::string& where, const PartEntry& entry);

/// Takes the parts of one new backup. What it has taken counts when commit() has returned; without
/// that nothing of it is ever read.
class BackupWriter {
  public:
    using Produce = std::function<Result<void>(PartWriter&)>;

    virtual ~BackupWriter() = default;

    /// A part with this name that an earlier backup in the same folder has.
    [[nodiscard]] virtual std::optional<PartEntry> earlier(const std::string& name) const = 0;

    /// Writes a part, and reads it again. The entry names where it lies.
    virtual Result<PartEntry> add(const std::string& name, const Produce& produce) = 0;

    /// Durable when it returns. Fills in how it is encrypted.
    virtual Result<void> commit(Manifest manifest) = 0;
};

/// Begins a backup at `where`. A folder is made when it is missing; one that is encrypted otherwise
/// is refused (permission), and so is a file that exists (already_exists). ErrorCode::locked while
/// another backup is written there.
Result<std::unique_ptr<BackupWriter>> open_writer(io::FileSystem& files, const std::string& where,
                                                  std::string_view password, RandomSource& random);

}  // namespace cellmon::backup
