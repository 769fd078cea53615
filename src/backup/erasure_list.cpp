#include "backup/erasure_list.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "backup/place.hpp"
#include "journal/checked_text.hpp"

namespace cellmon::backup {
namespace {

constexpr std::string_view kListLock = "lock";

/// Of a folder that may be missing.
Result<std::vector<std::string>> names_in(io::FileSystem& files, const std::string& folder) {
    auto names = files.list(folder);
    if (!names && names.error().code == ErrorCode::not_found) return std::vector<std::string>();
    return names;
}

class ListCopy {
  public:
    ListCopy(io::FileSystem& files, const std::string& from, const std::string& to,
             std::vector<std::string>& written)
        : files_(files), from_(from), to_(to), written_(written) {}

    Result<void> run() {
        CELLMON_TRY(files_.make_directories(to_));
        CELLMON_TRY(learn_keys());
        CELLMON_TRY_ASSIGN(const auto names, names_in(files_, from_));
        // The keys first: a tombstone without its key says nothing.
        for (const std::string& name : names)
            if (is_person_key(name)) CELLMON_TRY(copy_key(name));
        Result<void> result;
        for (const std::string& name : names) {
            if (!name.ends_with(kTombstoneSuffix)) continue;
            auto copied = copy_tombstone(name);
            if (copied) continue;
            // One that cannot be read does not keep the others.
            const ErrorCode code = copied.error().code;
            if (code != ErrorCode::corrupt && code != ErrorCode::newer_format) return copied;
            if (result) result = std::move(copied);
        }
        // A name that was there may be of a run that ended before it was durable.
        CELLMON_TRY(files_.sync_directory(to_));
        return result;
    }

  private:
    [[nodiscard]] std::string path_to(std::string_view name) const {
        return fmt::format("{}/{}", to_, name);
    }

    Result<void> learn_keys() {
        CELLMON_TRY_ASSIGN(const auto names, names_in(files_, to_));
        for (const std::string& name : names) {
            if (!is_person_key(name)) continue;
            CELLMON_TRY_ASSIGN(std::string key, io::read_file(files_, path_to(name)));
            known_keys_.insert(std::move(key));
        }
        return {};
    }

    Result<void> copy_key(const std::string& name) {
        CELLMON_TRY_ASSIGN(const std::string key,
                           io::read_file(files_, fmt::format("{}/{}", from_, name)));
        if (!known_keys_.insert(key).second) return {};
        std::string path = path_to(kPersonKeyName);
        for (int number = 2;; ++number) {
            CELLMON_TRY_ASSIGN(const bool taken, files_.exists(path));
            if (!taken) break;
            path = path_to(fmt::format("{}-{}", kPersonKeyName, number));
        }
        return write(path, key, io::OpenMode::create_private);
    }

    Result<void> copy_tombstone(const std::string& name) {
        const std::string path = fmt::format("{}/{}", from_, name);
        CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files_, path));
        CELLMON_TRY(journal::checked_lines(text, kTombstoneLine, path));
        const auto there = io::read_file(files_, path_to(name));
        if (there && journal::checked_lines(*there, kTombstoneLine, name)) return {};
        return write(path_to(name), text, io::OpenMode::create);
    }

    Result<void> write(const std::string& path, std::string_view text, io::OpenMode mode) {
        CELLMON_TRY(io::replace_file(files_, path, text, mode));
        written_.push_back(path);
        return {};
    }

    io::FileSystem& files_;
    const std::string& from_;
    const std::string& to_;
    std::set<std::string> known_keys_;
    std::vector<std::string>& written_;
};

}  // namespace

bool is_person_key(std::string_view name) {
    if (!name.starts_with(kPersonKeyName)) return false;
    name.remove_prefix(kPersonKeyName.size());
    return name.empty() ||
           (name.size() > 1 && name.front() == '-' &&
            std::all_of(name.begin() + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

std::string erasures_of(std::string_view folder) {
    return fmt::format("{}/{}", folder, kErasuresFolder);
}

Result<void> copy_erasures(io::FileSystem& files, const std::string& from, const std::string& to,
                           std::vector<std::string>& written) {
    return ListCopy(files, from, to, written).run();
}

Result<void> keep_erasures(io::FileSystem& files, const std::string& data,
                           const std::string& where) {
    if (is_one_file(where)) return {};
    const std::string list = erasures_of(where);
    CELLMON_TRY(files.make_directories(list));
    // Two that write at once would write the same temporary files.
    CELLMON_TRY_ASSIGN(const auto lock, files.lock(fmt::format("{}/{}", list, kListLock)));
    std::vector<std::string> written;
    return copy_erasures(files, erasures_of(data), list, written);
}

Result<bool> has_erasures(io::FileSystem& files, const std::string& where) {
    if (is_one_file(where)) return false;
    return files.exists(erasures_of(where));
}

Result<std::vector<std::string>> damaged_erasures(io::FileSystem& files, const std::string& where) {
    std::vector<std::string> damaged;
    if (is_one_file(where)) return damaged;
    CELLMON_TRY_ASSIGN(const auto names, names_in(files, erasures_of(where)));
    for (const std::string& name : names) {
        if (!name.ends_with(kTombstoneSuffix)) continue;
        const std::string path = fmt::format("{}/{}", erasures_of(where), name);
        CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
        const auto lines = journal::checked_lines(text, kTombstoneLine, path);
        if (!lines) damaged.push_back(lines.error().message);
    }
    return damaged;
}

Result<std::string> named_erasures(io::FileSystem& files, const std::string& folder) {
    for (const std::string& place : {folder, erasures_of(folder)}) {
        CELLMON_TRY_ASSIGN(const auto names, names_in(files, place));
        const bool is_list = std::ranges::any_of(names, [](const std::string& name) {
            return is_person_key(name) || name.ends_with(kTombstoneSuffix);
        });
        if (is_list) return place;
    }
    return fail(ErrorCode::invalid,
                fmt::format("{} holds no list of who was erased: neither a `key` nor a file "
                            "`….done`; name the folder `erasures` of backups or of a data folder",
                            folder));
}

}  // namespace cellmon::backup
