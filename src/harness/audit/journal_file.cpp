#include "harness/audit/journal_file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/crc32c.hpp"
#include "harness/audit/journal_segment.hpp"
#include "harness/audit/little_endian.hpp"

namespace cellmon::harness {
namespace {

constexpr std::string_view kSegmentSuffix = ".segment";
constexpr std::size_t kSequenceDigits = 20;

Result<std::string> whole_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::not_found, fmt::format("cannot open {}", path));
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (file.bad()) return fail(ErrorCode::io, fmt::format("cannot read {}", path));
    return bytes;
}

/// The lines before the `crc32c` line, when that is right.
Result<std::vector<std::string>> checked_lines(const std::string& path) {
    CELLMON_TRY_ASSIGN(const std::string text, whole_file(path));
    const auto crc_line = text.rfind("crc32c ");
    const auto damaged =
        fail(ErrorCode::corrupt,
             fmt::format("{}: the last line is not the CRC of the lines before", path));
    if (crc_line == std::string::npos || (crc_line > 0 && text[crc_line - 1] != '\n'))
        return damaged;
    if (text.substr(crc_line) !=
        fmt::format("crc32c {:08x}\n", crc32c(std::string_view(text).substr(0, crc_line)))) {
        return damaged;
    }
    std::vector<std::string> lines;
    std::istringstream stream(text.substr(0, crc_line));
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

bool read_number(std::string_view text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

Result<JournalSummary> read_identity(const std::string& folder) {
    const std::string path = folder + "/identity";
    CELLMON_TRY_ASSIGN(const auto lines, checked_lines(path));
    JournalSummary summary;
    const bool shaped =
        lines.size() == 3 && lines[1].starts_with("id ") && lines[2].starts_with("epoch ");
    if (!shaped || lines[0] != "cellmon-journal 1")
        return fail(ErrorCode::corrupt, path + ": not the identity of a journal");
    const auto id = Id128::parse(std::string_view(lines[1]).substr(3));
    if (!id || !read_number(std::string_view(lines[2]).substr(6), summary.epoch)) {
        return fail(ErrorCode::corrupt, path + ": id or epoch cannot be read");
    }
    summary.id = *id;
    return summary;
}

Result<Redactions> read_redactions(const std::string& folder) {
    const std::string path = folder + "/redactions";
    if (!std::filesystem::exists(path)) return Redactions{};
    CELLMON_TRY_ASSIGN(const auto lines, checked_lines(path));
    if (lines.empty() || lines[0] != "cellmon-redactions 1")
        return fail(ErrorCode::corrupt, path + ": bad first line");
    Redactions ranges;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string_view line = lines[i];
        const auto space = line.find(' ');
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        if (space == std::string_view::npos || !read_number(line.substr(0, space), from) ||
            !read_number(line.substr(space + 1), to) || from > to) {
            return fail(ErrorCode::corrupt, fmt::format("{}: line {} is not a range", path, i + 1));
        }
        ranges.emplace_back(from, to);
    }
    return ranges;
}

/// The sequence in `durable`, when it counts: whole and of this journal and epoch.
std::optional<std::uint64_t> read_durable(const std::string& folder,
                                          const JournalSummary& identity) {
    constexpr std::size_t kBytes = 40;
    constexpr std::size_t kCrcOffset = 36;
    constexpr int kAttempts = 16;  // A writer may be in the middle of its write.
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto bytes = whole_file(folder + "/durable");
        if (!bytes) return std::nullopt;
        if (bytes->size() != kBytes ||
            u32_at(*bytes, kCrcOffset) != crc32c(std::string_view(*bytes).substr(0, kCrcOffset))) {
            continue;
        }
        const bool ours = u64_at(*bytes, 8) == identity.epoch &&
                          std::equal(identity.id.bytes.begin(), identity.id.bytes.end(),
                                     reinterpret_cast<const std::uint8_t*>(bytes->data()) + 16);
        return ours ? std::optional(u64_at(*bytes, 0)) : std::nullopt;
    }
    return std::nullopt;
}

std::vector<std::string> segment_names(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
        const std::string name = file.path().filename().string();
        if (name.size() == kSequenceDigits + kSegmentSuffix.size() &&
            name.ends_with(kSegmentSuffix))
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

bool writer_holds_lock(const std::string& folder) {
    const int lock = open((folder + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
    if (lock < 0) return false;
    const bool held = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(lock);
    return held;
}

Result<JournalSummary> read_journal(const std::string& folder,
                                    const std::function<void(const StoredEntry&)>& visit) {
    CELLMON_TRY_ASSIGN(JournalSummary summary, read_identity(folder));
    CELLMON_TRY_ASSIGN(const Redactions redactions, read_redactions(folder));
    // Taken before the segments are listed, so that everything up to it must be found in them.
    summary.writer_alive = writer_holds_lock(folder);
    const std::uint64_t durable = read_durable(folder, summary).value_or(0);
    JournalPosition position;
    position.journal_id = summary.id;
    const auto names = segment_names(folder);
    for (std::size_t i = 0; i < names.size(); ++i) {
        CELLMON_TRY_ASSIGN(const std::string bytes, whole_file(folder + "/" + names[i]));
        if (names[i] != fmt::format("{:020}{}", position.next_sequence, kSegmentSuffix)) {
            return fail(ErrorCode::corrupt, fmt::format("{}: sequence {} must follow", names[i],
                                                        position.next_sequence));
        }
        SegmentScan scan(bytes, i + 1 == names.size(), redactions, position);
        const auto scanned = scan.run([&](const StoredEntry& entry) {
            if (summary.writer_alive && entry.sequence > durable) return;
            summary.last_sequence = entry.sequence;
            if (entry.removed) ++summary.removed;
            visit(entry);
        });
        if (!scanned) return fail(scanned.error().code, names[i] + ": " + scanned.error().message);
    }
    if (summary.last_sequence < durable) {
        return fail(ErrorCode::corrupt, fmt::format("ends at sequence {}, but {} is called durable",
                                                    summary.last_sequence, durable));
    }
    return summary;
}

}  // namespace cellmon::harness
