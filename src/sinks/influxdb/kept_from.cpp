#include "sinks/influxdb/kept_from.hpp"

#include <charconv>

#include <fmt/format.h>

#include "journal/checked_text.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::string_view kKeptLine = "cellmon-timeseries-kept 1";
constexpr std::string_view kFromWord = "from ";

std::string kept_path(const std::string& state_path) {
    return io::directory_of(state_path) + "/timeseries.kept";
}

}  // namespace

Result<TimeUs> read_kept_from(io::FileSystem& files, const std::string& state_path) {
    const std::string path = kept_path(state_path);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (!present) return kKeptForEver;
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, journal::checked_lines(text, kKeptLine, path));
    if (lines.size() == 2 && lines[1].starts_with(kFromWord)) {
        const std::string_view number = lines[1].substr(kFromWord.size());
        const char* const end = number.data() + number.size();
        TimeUs from_us = 0;
        const auto [stopped, error] = std::from_chars(number.data(), end, from_us);
        if (error == std::errc() && stopped == end) return from_us;
    }
    return fail(ErrorCode::corrupt,
                fmt::format("{} does not say from when on points are kept; delete it, and the "
                            "server writes it anew when retention.timeseries_days is set; with "
                            "timeseries_points alone, cellmon rebuild timeseries behind that",
                            path));
}

Result<void> raise_kept_from(io::FileSystem& files, const std::string& state_path, TimeUs from_us) {
    const auto known = read_kept_from(files, state_path);
    // One that is damaged is written anew.
    if (!known && known.error().code != ErrorCode::corrupt) return fail(known.error());
    if (known && *known >= from_us) return {};
    return io::replace_file(
        files, kept_path(state_path),
        journal::with_checksum(fmt::format("{}\n{}{}\n", kKeptLine, kFromWord, from_us)));
}

}  // namespace cellmon::influxdb
