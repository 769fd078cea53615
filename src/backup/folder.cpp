// Backups in one folder, which share the segments that are sealed.
#include "backup/folder.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "backup/archive.hpp"
#include "journal/checked_text.hpp"

namespace cellmon::backup {
namespace {

constexpr std::string_view kFolderLine = "cellmon-backups 1";
constexpr std::string_view kKeyWord = "key ";

std::string path_in(const std::string& folder, std::string_view name) {
    return fmt::format("{}/{}", folder, name);
}

Result<std::optional<KeySettings>> read_folder_key(io::FileSystem& files,
                                                   const std::string& folder) {
    const std::string path = path_in(folder, kFolderFile);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (!present) return std::optional<KeySettings>();
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, journal::checked_lines(text, kFolderLine, path));
    if (lines.size() != 2 || !lines[1].starts_with(kKeyWord)) {
        return fail(ErrorCode::corrupt, fmt::format("{} is damaged", path));
    }
    CELLMON_TRY_ASSIGN(auto settings, key_settings_of(lines[1].substr(kKeyWord.size())));
    return std::optional<KeySettings>(settings);
}

/// The key of a folder, which is made with its first backup and stays.
Result<NewKey> folder_key(io::FileSystem& files, const std::string& folder,
                          std::string_view password, RandomSource& random) {
    CELLMON_TRY_ASSIGN(const auto settings, read_folder_key(files, folder));
    if (!settings) {
        CELLMON_TRY_ASSIGN(auto made, make_key(password, random));
        const std::string text =
            fmt::format("{}\n{}{}\n", kFolderLine, kKeyWord, text_of(made.settings));
        CELLMON_TRY(
            io::replace_file(files, path_in(folder, kFolderFile), journal::with_checksum(text)));
        return made;
    }
    if (!settings->encrypted && !password.empty()) {
        return fail(ErrorCode::permission,
                    fmt::format("the backups in {} are not encrypted, and a password was given: "
                                "encrypted ones need a folder of their own",
                                folder));
    }
    auto key = open_key(password, *settings);
    if (!key) {
        return fail(key.error().code, fmt::format("{}: {}", folder, key.error().message));
    }
    NewKey known;
    known.settings = *settings;
    known.key = std::move(*key);
    return known;
}

std::set<std::string> files_of(const std::vector<FoundBackup>& backups) {
    std::set<std::string> names;
    for (const FoundBackup& found : backups) {
        for (const PartEntry& part : found.manifest.parts)
            names.insert(part.file);
    }
    return names;
}

Result<std::uint64_t> remove_file(io::FileSystem& files, const std::string& path) {
    std::uint64_t size = 0;
    {
        CELLMON_TRY_ASSIGN(const auto file, files.open(path, io::OpenMode::read));
        CELLMON_TRY_ASSIGN(size, file->size());
    }
    CELLMON_TRY(files.remove(path));
    return size;
}

class FolderWriter final : public BackupWriter {
  public:
    FolderWriter(io::FileSystem& files, std::string folder, std::unique_ptr<io::FileLock> lock,
                 NewKey key, const std::vector<FoundBackup>& backups)
        : files_(files), folder_(std::move(folder)), lock_(std::move(lock)), key_(std::move(key)) {
        for (const FoundBackup& found : backups) {
            if (found.manifest.key != key_.settings) continue;
            for (const PartEntry& part : found.manifest.parts)
                known_.emplace(part.name, part);
        }
    }
    ~FolderWriter() override {
        if (done_) return;
        for (const std::string& path : written_)
            static_cast<void>(files_.remove(path));
    }
    FolderWriter(const FolderWriter&) = delete;
    FolderWriter& operator=(const FolderWriter&) = delete;

    /// Its length is looked at, its bytes are not: `cellmon backup verify` does that.
    [[nodiscard]] std::optional<PartEntry> earlier(const std::string& name) const override {
        const auto found = known_.find(name);
        if (found == known_.end()) return std::nullopt;
        const auto file = files_.open(path_in(folder_, found->second.file), io::OpenMode::read);
        if (!file) return std::nullopt;
        const auto size = (*file)->size();
        if (!size || *size != found->second.size.stored_bytes) return std::nullopt;
        return found->second;
    }

    Result<PartEntry> add(const std::string& name, const Produce& produce) override {
        PartEntry entry;
        entry.name = name;
        CELLMON_TRY_ASSIGN(entry.file, free_name(name));
        const std::string path = path_in(folder_, entry.file);
        const std::string partial = path + std::string(kPartialSuffix);
        written_.push_back(partial);
        {
            CELLMON_TRY_ASSIGN(const auto file, files_.open(partial, io::OpenMode::create));
            CELLMON_TRY_ASSIGN(auto writer, PartWriter::begin(*file, 0, name, key()));
            CELLMON_TRY(produce(writer));
            CELLMON_TRY_ASSIGN(entry.size, writer.finish());
        }
        CELLMON_TRY(read_part(files_, {partial, 0, name, entry.size}, key(),
                              [](std::span<const std::byte>) { return Result<void>(); }));
        CELLMON_TRY(files_.rename(partial, path));
        written_.back() = path;
        return entry;
    }

    Result<void> commit(Manifest manifest) override {
        manifest.key = key_.settings;
        CELLMON_TRY(files_.sync_directory(folder_));
        CELLMON_TRY(io::replace_file(files_,
                                     path_in(folder_, manifest.id + std::string(kManifestSuffix)),
                                     text_of(manifest, key())));
        done_ = true;
        return {};
    }

  private:
    [[nodiscard]] const Key* key() const { return key_.key ? &*key_.key : nullptr; }

    /// Never that of a file that is there: another backup's manifest speaks of its very bytes.
    [[nodiscard]] Result<std::string> free_name(const std::string& name) {
        std::string file = name + std::string(kPartSuffix);
        for (int number = 2;; ++number) {
            CELLMON_TRY_ASSIGN(const bool taken, files_.exists(path_in(folder_, file)));
            if (!taken) return file;
            file = fmt::format("{}-{}{}", name, number, kPartSuffix);
        }
    }

    io::FileSystem& files_;
    const std::string folder_;
    std::unique_ptr<io::FileLock> lock_;
    NewKey key_;
    std::map<std::string, PartEntry> known_;
    std::vector<std::string> written_;
    bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<io::FileLock>> lock_folder(io::FileSystem& files,
                                                  const std::string& folder) {
    auto lock = files.lock(path_in(folder, kBackupLockFile));
    if (!lock && lock.error().code == ErrorCode::locked) {
        return fail(
            ErrorCode::locked,
            fmt::format("another backup is written to {}; try again when it is done", folder));
    }
    return lock;
}

Result<std::uint64_t> remove_orphans(io::FileSystem& files, const std::string& folder,
                                     const std::vector<FoundBackup>& backups) {
    const auto needed = files_of(backups);
    std::uint64_t freed = 0;
    CELLMON_TRY_ASSIGN(const auto names, files.list(folder));
    for (const std::string& name : names) {
        const bool is_part = name.ends_with(kPartSuffix) && !needed.contains(name);
        if (!is_part && !name.ends_with(kPartialSuffix)) continue;
        CELLMON_TRY_ASSIGN(const std::uint64_t size, remove_file(files, path_in(folder, name)));
        freed += size;
    }
    CELLMON_TRY(files.sync_directory(folder));
    return freed;
}

Result<FoundBackups> find_backups(io::FileSystem& files, const std::string& where) {
    FoundBackups found;
    const auto take = [&](const std::string& path, Result<std::string> text) {
        auto manifest = text ? manifest_of(*text, path) : fail(text.error());
        if (manifest) {
            found.backups.push_back({std::move(*manifest), path, std::move(*text)});
        } else {
            found.problems.push_back(std::move(manifest).error());
        }
    };
    if (is_one_file(where)) {
        auto text = archived_manifest(files, where);
        if (!text && text.error().code != ErrorCode::corrupt) return fail(text.error());
        take(where, std::move(text));
        return found;
    }
    CELLMON_TRY_ASSIGN(const auto names, files.list(where));
    for (const std::string& name : names) {
        if (!name.ends_with(kManifestSuffix)) continue;
        const std::string path = path_in(where, name);
        take(path, io::read_file(files, path));
    }
    std::stable_sort(found.backups.begin(), found.backups.end(),
                     [](const FoundBackup& a, const FoundBackup& b) {
                         return a.manifest.started_us < b.manifest.started_us;
                     });
    return found;
}

StoredPart stored_part(const std::string& where, const PartEntry& entry) {
    return {entry.file.empty() ? where : path_in(where, entry.file), entry.offset, entry.name,
            entry.size};
}

Result<std::unique_ptr<BackupWriter>> open_writer(io::FileSystem& files, const std::string& where,
                                                  std::string_view password, RandomSource& random) {
    if (is_one_file(where)) return open_archive_writer(files, where, password, random);
    CELLMON_TRY(files.make_directories(where));
    CELLMON_TRY_ASSIGN(auto lock, lock_folder(files, where));
    CELLMON_TRY_ASSIGN(auto key, folder_key(files, where, password, random));
    CELLMON_TRY_ASSIGN(const auto found, find_backups(files, where));
    // Of one that cannot be read nobody knows which parts are its.
    if (found.problems.empty()) CELLMON_TRY(remove_orphans(files, where, found.backups));
    return std::make_unique<FolderWriter>(files, where, std::move(lock), std::move(key),
                                          found.backups);
}

}  // namespace cellmon::backup
