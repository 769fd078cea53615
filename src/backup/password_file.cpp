#include "backup/password_file.hpp"

#include <fmt/format.h>

namespace cellmon::backup {

Result<std::string> read_password(io::FileSystem& files, const std::string& path) {
    constexpr std::size_t kMostPassword = 1'024;
    CELLMON_TRY_ASSIGN(std::string text, io::read_file(files, path, 1U << 16U));
    text.resize(std::min(text.size(), text.find_first_of("\r\n")));
    if (!text.empty() && text.size() <= kMostPassword) return text;
    return fail(ErrorCode::invalid,
                fmt::format("{} holds no password: its first line should be one of 1 to {} bytes",
                            path, kMostPassword));
}

}  // namespace cellmon::backup
