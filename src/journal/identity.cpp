#include "journal/identity.hpp"

#include <charconv>

#include <fmt/format.h>

#include "journal/checked_text.hpp"
#include "journal/format.hpp"

namespace cellmon::journal {
namespace {

constexpr std::string_view kIdentityLine = "cellmon-journal 1";

/// What follows `key ` in `line`; empty when it begins otherwise.
std::string_view value_of(std::string_view line, std::string_view key) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') return {};
    return line.substr(key.size() + 1);
}

}  // namespace

Result<std::optional<Identity>> read_identity(io::FileSystem& files, const std::string& directory) {
    const std::string path = fmt::format("{}/{}", directory, kIdentityFile);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (!present) return std::nullopt;
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, checked_lines(text, kIdentityLine, path));
    Identity identity;
    if (lines.size() == 3) {
        const auto id = Id128::parse(value_of(lines[1], "id"));
        const std::string_view epoch = value_of(lines[2], "epoch");
        const auto [end, error] =
            std::from_chars(epoch.data(), epoch.data() + epoch.size(), identity.epoch);
        if (id && error == std::errc() && end == epoch.data() + epoch.size()) {
            identity.journal_id = *id;
            return identity;
        }
    }
    return fail(ErrorCode::corrupt, fmt::format("{} does not name an id and an epoch", path));
}

Result<void> write_identity(io::FileSystem& files, const std::string& directory,
                            const Identity& identity) {
    return io::replace_file(
        files, fmt::format("{}/{}", directory, kIdentityFile),
        with_checksum(fmt::format("{}\nid {}\nepoch {}\n", kIdentityLine,
                                  identity.journal_id.to_string(), identity.epoch)));
}

}  // namespace cellmon::journal
