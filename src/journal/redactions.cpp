#include "journal/redactions.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "journal/checked_text.hpp"
#include "journal/format.hpp"

namespace cellmon::journal {
namespace {

constexpr std::string_view kRedactionsLine = "cellmon-redactions 1";

bool parse_range(std::string_view line, std::pair<std::uint64_t, std::uint64_t>& range) {
    const char* end = line.data() + line.size();
    const auto first = std::from_chars(line.data(), end, range.first);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != ' ') return false;
    const auto second = std::from_chars(first.ptr + 1, end, range.second);
    return second.ec == std::errc() && second.ptr == end && range.first <= range.second;
}

}  // namespace

Result<Redactions> Redactions::read(io::FileSystem& files, const std::string& directory) {
    const std::string path = fmt::format("{}/{}", directory, kRedactionsFile);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (!present) return Redactions();
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    return parse(text, path);
}

Result<Redactions> Redactions::parse(std::string_view text, const std::string& path) {
    Redactions redactions;
    CELLMON_TRY_ASSIGN(const auto lines, checked_lines(text, kRedactionsLine, path));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        std::pair<std::uint64_t, std::uint64_t> range;
        if (!parse_range(lines[i], range)) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{}, line {}: '{}' is no range", path, i + 1, lines[i]));
        }
        redactions.ranges_.push_back(range);
    }
    std::sort(redactions.ranges_.begin(), redactions.ranges_.end());
    return redactions;
}

bool Redactions::contains(std::uint64_t sequence) const {
    auto after =
        std::upper_bound(ranges_.begin(), ranges_.end(), std::pair{sequence, ~std::uint64_t{0}});
    return after != ranges_.begin() && std::prev(after)->second >= sequence;
}

Result<void> Redactions::add(const std::vector<Range>& ranges, io::FileSystem& files,
                             const std::string& directory) {
    std::vector<Range> all = ranges_;
    all.insert(all.end(), ranges.begin(), ranges.end());
    std::sort(all.begin(), all.end());
    std::vector<Range> joined;
    for (const Range& range : all) {
        if (!joined.empty() && range.first <= joined.back().second + 1) {
            joined.back().second = std::max(joined.back().second, range.second);
        } else {
            joined.push_back(range);
        }
    }
    return write(std::move(joined), files, directory);
}

Result<void> Redactions::cut_from(std::uint64_t sequence, io::FileSystem& files,
                                  const std::string& directory) {
    std::vector<Range> kept;
    for (const auto& [first, last] : ranges_) {
        if (first < sequence) kept.emplace_back(first, std::min(last, sequence - 1));
    }
    return write(std::move(kept), files, directory);
}

Result<void> Redactions::write(std::vector<Range> ranges, io::FileSystem& files,
                               const std::string& directory) {
    if (ranges == ranges_) return {};
    std::string text = fmt::format("{}\n", kRedactionsLine);
    for (const auto& [first, last] : ranges)
        fmt::format_to(std::back_inserter(text), "{} {}\n", first, last);
    CELLMON_TRY(io::replace_file(files, fmt::format("{}/{}", directory, kRedactionsFile),
                                 with_checksum(std::move(text))));
    ranges_ = std::move(ranges);
    return {};
}

}  // namespace cellmon::journal
