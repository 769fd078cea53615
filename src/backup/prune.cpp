#include "backup/prune.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "backup/folder.hpp"
#include "backup/place.hpp"

namespace cellmon::backup {
namespace {

/// The parts in a folder as the disk has them; each is looked at once.
class PartsOnDisk {
  public:
    PartsOnDisk(io::FileSystem& files, const std::string& where) : files_(files), where_(where) {}

    /// nullopt: it cannot be opened.
    std::optional<std::uint64_t> bytes_of(const PartEntry& part) {
        const auto [known, is_new] = sizes_.try_emplace(part.file);
        if (is_new) known->second = look(stored_part(where_, part).path);
        return known->second;
    }

    /// Its bytes are not read: `cellmon backup verify` does that.
    bool has_whole(const Manifest& manifest) {
        return std::ranges::all_of(manifest.parts, [this](const PartEntry& part) {
            return bytes_of(part) == part.size.stored_bytes;
        });
    }

  private:
    [[nodiscard]] std::optional<std::uint64_t> look(const std::string& path) const {
        const auto file = files_.open(path, io::OpenMode::read);
        if (!file) return std::nullopt;
        const auto size = (*file)->size();
        return size ? std::optional(*size) : std::nullopt;
    }

    io::FileSystem& files_;
    const std::string& where_;
    std::map<std::string, std::optional<std::uint64_t>> sizes_;
};

/// What some backups take on the disk together, parts that they share once.
class SizeTogether {
  public:
    explicit SizeTogether(PartsOnDisk& parts) : parts_(parts) {}

    void add(const FoundBackup& backup) {
        bytes_ += backup.text.size();
        for (const PartEntry& part : backup.manifest.parts) {
            if (users_[part.file]++ == 0) bytes_ += parts_.bytes_of(part).value_or(0);
        }
    }
    void take_out(const FoundBackup& backup) {
        bytes_ -= backup.text.size();
        for (const PartEntry& part : backup.manifest.parts) {
            if (--users_[part.file] == 0) bytes_ -= parts_.bytes_of(part).value_or(0);
        }
    }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  private:
    PartsOnDisk& parts_;
    std::map<std::string, std::size_t> users_;
    std::uint64_t bytes_ = 0;
};

/// Which of some backups go, one rule after the other.
class Outgoing {
  public:
    /// `backups`: the oldest first, at least one.
    Outgoing(const std::vector<FoundBackup>& backups, PartsOnDisk& parts)
        : backups_(backups), parts_(parts), goes_(backups.size()), kept_(backups.size() - 1) {
        for (std::size_t i = backups.size(); i > 0; --i) {
            if (!parts.has_whole(backups[i - 1].manifest)) continue;
            kept_ = i - 1;
            break;
        }
    }

    void by_number(std::uint64_t newest, std::size_t& count) {
        for (std::size_t i = 0; i < backups_.size(); ++i) {
            if (backups_.size() - i > newest) let_go(i, count);
        }
    }

    void by_age(TimeUs finished_by_us, std::size_t& count) {
        for (std::size_t i = 0; i < backups_.size(); ++i) {
            if (backups_[i].manifest.finished_us <= finished_by_us) let_go(i, count);
        }
    }

    /// What those take that are left.
    std::uint64_t by_size(std::uint64_t most_bytes, std::size_t& count) {
        SizeTogether left(parts_);
        for (std::size_t i = 0; i < backups_.size(); ++i) {
            if (!goes_[i]) left.add(backups_[i]);
        }
        for (std::size_t i = 0; i < backups_.size() && left.bytes() > most_bytes; ++i) {
            if (let_go(i, count)) left.take_out(backups_[i]);
        }
        return left.bytes();
    }

    [[nodiscard]] bool has(std::size_t index) const { return goes_[index]; }

  private:
    /// Whether it goes now, and did not before.
    bool let_go(std::size_t index, std::size_t& count) {
        if (index == kept_ || goes_[index]) return false;
        goes_[index] = true;
        ++count;
        return true;
    }

    const std::vector<FoundBackup>& backups_;
    PartsOnDisk& parts_;
    std::vector<bool> goes_;
    std::size_t kept_;  ///< Whatever the rules say.
};

/// Takes out of `backups` those that go, and their manifests from the disk.
Result<Pruned> remove_manifests(io::FileSystem& files, const std::string& where,
                                const KeepRules& rules, TimeUs now_us,
                                std::vector<FoundBackup>& backups) {
    Pruned pruned;
    if (backups.empty()) return pruned;
    PartsOnDisk parts(files, where);
    Outgoing outgoing(backups, parts);
    if (rules.backups > 0) outgoing.by_number(rules.backups, pruned.by_number);
    if (rules.days > 0) {
        outgoing.by_age(now_us - static_cast<std::int64_t>(rules.days) * kDayUs, pruned.by_age);
    }
    if (rules.bytes > 0) {
        const std::uint64_t left = outgoing.by_size(rules.bytes, pruned.by_size);
        if (left > rules.bytes) pruned.too_large_bytes = left;
    }
    std::vector<FoundBackup> staying;
    for (std::size_t i = 0; i < backups.size(); ++i) {
        if (!outgoing.has(i)) {
            staying.push_back(std::move(backups[i]));
            continue;
        }
        CELLMON_TRY(files.remove(backups[i].path));
        pruned.freed_bytes += backups[i].text.size();
        pruned.removed.push_back(backups[i].manifest.id);
    }
    backups = std::move(staying);
    return pruned;
}

}  // namespace

Result<Pruned> prune(io::FileSystem& files, const std::string& where, const KeepRules& rules,
                     TimeUs now_us) {
    CELLMON_TRY_ASSIGN(const auto lock, lock_folder(files, where));
    CELLMON_TRY_ASSIGN(auto found, find_backups(files, where));
    if (!found.problems.empty()) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{}; nothing was removed, as nobody knows which parts it needs: "
                                "move it away, then try again",
                                found.problems.front().message));
    }
    // The manifests first: what lies there at any moment is whole.
    CELLMON_TRY_ASSIGN(Pruned pruned, remove_manifests(files, where, rules, now_us, found.backups));
    CELLMON_TRY(files.sync_directory(where));
    CELLMON_TRY_ASSIGN(const std::uint64_t freed, remove_orphans(files, where, found.backups));
    pruned.freed_bytes += freed;
    return pruned;
}

std::string reasons_of(const Pruned& pruned) {
    std::string text;
    const auto add = [&text](std::size_t count, std::string_view why) {
        if (count > 0) text += fmt::format("{}{} by {}", text.empty() ? "" : ", ", count, why);
    };
    add(pruned.by_number, "number");
    add(pruned.by_age, "age");
    add(pruned.by_size, "size");
    return text;
}

}  // namespace cellmon::backup
