// A text, one fact a line, with a checksum at its end:
//
//   cellmon-timeseries 1
//   cursor <journal id> <epoch> <through> <resume> <chain at resume>
//   dead <sequence> <measurement> <reason>
//   crc32c xxxxxxxx
#include "sinks/influxdb/local_state.hpp"

#include <charconv>

#include <fmt/format.h>

#include "journal/checked_text.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::string_view kFirstLine = "cellmon-timeseries 1";

/// Takes the text up to the next blank, and that.
std::string_view next_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

bool read_number(std::string_view text, std::uint64_t& value, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end == text.data() + text.size();
}

bool read_cursor(std::string_view line, Progress& progress) {
    const auto id = Id128::parse(next_word(line));
    if (!id) return false;
    progress.resume.journal_id = *id;
    return read_number(next_word(line), progress.resume.epoch) &&
           read_number(next_word(line), progress.through) &&
           read_number(next_word(line), progress.resume.sequence) &&
           read_number(next_word(line), progress.resume.chain, 16);
}

bool read_line(std::string_view line, LocalState& state) {
    const std::string_view kind = next_word(line);
    if (kind == "cursor") return read_cursor(line, state.progress);
    if (kind != "dead") return false;
    DeadLetter letter;
    if (!read_number(next_word(line), letter.sequence)) return false;
    letter.measurement = next_word(line);
    letter.reason = line;
    state.dead_letters.push_back(std::move(letter));
    return true;
}

}  // namespace

Result<std::optional<LocalState>> load_state(io::FileSystem& files, const std::string& path) {
    CELLMON_TRY_ASSIGN(const bool exists, files.exists(path));
    if (!exists) return std::nullopt;
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, journal::checked_lines(text, kFirstLine, path));
    LocalState state;
    for (std::size_t at = 1; at < lines.size(); ++at) {
        if (!read_line(lines[at], state)) {
            return fail(ErrorCode::corrupt, fmt::format("{} has a line that says nothing", path));
        }
    }
    return state;
}

Result<void> store_state(io::FileSystem& files, const std::string& path, const LocalState& state) {
    const journal::Cursor& resume = state.progress.resume;
    std::string text =
        fmt::format("{}\ncursor {} {} {} {} {:016x}\n", kFirstLine, resume.journal_id.to_string(),
                    resume.epoch, state.progress.through, resume.sequence, resume.chain);
    for (const DeadLetter& letter : state.dead_letters) {
        fmt::format_to(std::back_inserter(text), "dead {} {} {}\n", letter.sequence,
                       letter.measurement, letter.reason);
    }
    return io::replace_file(files, path, journal::with_checksum(std::move(text)));
}

}  // namespace cellmon::influxdb
