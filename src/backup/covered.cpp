#include "backup/covered.hpp"

#include <charconv>

#include <fmt/format.h>

#include "journal/checked_text.hpp"

namespace cellmon::backup {
namespace {

constexpr std::string_view kCoveredLine = "cellmon-backup-covered 1";

/// The text behind `name` and a space, or nothing.
std::string_view value_in(std::string_view line, std::string_view name) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') {
        return {};
    }
    return line.substr(name.size() + 1);
}

bool read_whole_number(std::string_view text, std::uint64_t& number) {
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stopped == end && !text.empty();
}

}  // namespace

Result<std::optional<Covered>> read_covered(io::FileSystem& files, const std::string& data) {
    const std::string path = fmt::format("{}/{}", data, kCoveredFile);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (!present) return std::nullopt;
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, journal::checked_lines(text, kCoveredLine, path));
    Covered covered;
    if (lines.size() == 4) {
        const auto id = Id128::parse(value_in(lines[1], "journal"));
        covered.journal_id = id.value_or(Id128{});
        if (id && read_whole_number(value_in(lines[2], "epoch"), covered.epoch) &&
            read_whole_number(value_in(lines[3], "sequence"), covered.sequence)) {
            return covered;
        }
    }
    return fail(
        ErrorCode::corrupt,
        fmt::format("{} does not say what a backup covers; the next backup writes it anew", path));
}

Result<void> write_covered(io::FileSystem& files, const std::string& data, const Covered& covered) {
    return io::replace_file(files, fmt::format("{}/{}", data, kCoveredFile),
                            journal::with_checksum(fmt::format(
                                "{}\njournal {}\nepoch {}\nsequence {}\n", kCoveredLine,
                                covered.journal_id.to_string(), covered.epoch, covered.sequence)));
}

}  // namespace cellmon::backup
