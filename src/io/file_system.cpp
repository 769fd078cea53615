#include "io/file_system.hpp"

#include <fmt/format.h>

namespace cellmon::io {

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> read_file(FileSystem& files, const std::string& path, std::uint64_t limit) {
    CELLMON_TRY_ASSIGN(const auto file, files.open(path, OpenMode::read));
    CELLMON_TRY_ASSIGN(const std::uint64_t size, file->size());
    if (size > limit) {
        return fail(ErrorCode::limit,
                    fmt::format("{} has {} bytes, more than the limit of {}", path, size, limit));
    }
    std::string content(size, '\0');
    CELLMON_TRY_ASSIGN(const std::size_t read,
                       file->read_at(0, std::as_writable_bytes(std::span(content))));
    content.resize(read);
    return content;
}

Result<void> replace_file(FileSystem& files, const std::string& path, std::string_view content,
                          OpenMode mode) {
    const std::string temporary = path + ".tmp";
    {
        CELLMON_TRY_ASSIGN(const auto file, files.open(temporary, mode));
        CELLMON_TRY(file->write_at(0, std::as_bytes(std::span(content))));
        CELLMON_TRY(file->sync());
    }
    CELLMON_TRY(files.rename(temporary, path));
    return files.sync_directory(directory_of(path));
}

}  // namespace cellmon::io
