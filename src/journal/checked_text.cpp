#include "journal/checked_text.hpp"

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace cellmon::journal {

std::string with_checksum(std::string lines) {
    lines += fmt::format("crc32c {:08x}\n", crc32c(lines));
    return lines;
}

Result<std::vector<std::string_view>> checked_lines(std::string_view text,
                                                    std::string_view first_line,
                                                    std::string_view path) {
    constexpr std::size_t kChecksumLineBytes = 16;  // "crc32c " + 8 digits + "\n"
    if (text.size() < kChecksumLineBytes) {
        return fail(ErrorCode::corrupt, fmt::format("{} is cut short", path));
    }
    const std::string_view body = text.substr(0, text.size() - kChecksumLineBytes);
    if (text.substr(body.size()) != fmt::format("crc32c {:08x}\n", crc32c(body))) {
        return fail(ErrorCode::corrupt, fmt::format("{} does not match its checksum", path));
    }
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t end = body.find('\n', at);
        lines.push_back(body.substr(at, end - at));
        if (end == std::string_view::npos) break;
        at = end + 1;
    }
    if (lines.empty() || lines.front() != first_line) {
        return fail(ErrorCode::newer_format,
                    fmt::format("{} begins with '{}', not with '{}'", path,
                                lines.empty() ? std::string_view() : lines.front(), first_line));
    }
    return lines;
}

}  // namespace cellmon::journal
