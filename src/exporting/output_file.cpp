#include "exporting/output_file.hpp"

#include <cerrno>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cellmon::exporting {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;

}  // namespace

Result<OutputFile> OutputFile::create(io::FileSystem& files, const std::string& path) {
    CELLMON_TRY_ASSIGN(auto file, files.open(path, io::OpenMode::create));
    return OutputFile(std::move(file));
}

Result<void> OutputFile::write(std::string_view text) {
    buffer_.append(text);
    return buffer_.size() < kBufferBytes ? Result<void>() : flush();
}

Result<void> OutputFile::flush() {
    CELLMON_TRY(file_->write_at(written_, std::as_bytes(std::span(buffer_))));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<void> OutputFile::close() {
    CELLMON_TRY(flush());
    return file_->sync();
}

Result<OutputFolder> OutputFolder::create(io::FileSystem& files, std::string path) {
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
    std::error_code error;
    if (path.empty() || std::filesystem::exists(path, error)) {
        return fail(ErrorCode::already_exists,
                    fmt::format("{} exists already, and nothing is replaced; name another folder",
                                path.empty() ? "it" : path));
    }
    std::string beside = fmt::format("{}.partial-{}", path, ::getpid());
    // What is in it is for whoever runs the command alone.
    CELLMON_TRY(files.make_directories(io::directory_of(path)));
    if (::mkdir(beside.c_str(), S_IRWXU) != 0) {
        return fail(error_from_errno(errno, "cannot make " + beside));
    }
    return OutputFolder(files, std::move(path), std::move(beside));
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : files_(other.files_),
      path_(std::move(other.path_)),
      beside_(std::exchange(other.beside_, {})) {}

OutputFolder::~OutputFolder() {
    if (beside_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(beside_, ignored);
}

std::string OutputFolder::path_of(std::string_view name) const {
    return fmt::format("{}/{}", beside_, name);
}

Result<void> OutputFolder::write_file(std::string_view name, std::string_view content) const {
    CELLMON_TRY_ASSIGN(OutputFile file, OutputFile::create(*files_, path_of(name)));
    CELLMON_TRY(file.write(content));
    return file.close();
}

Result<void> OutputFolder::finish() {
    CELLMON_TRY(files_->sync_directory(beside_));
    CELLMON_TRY(files_->rename(beside_, path_));
    beside_.clear();
    return files_->sync_directory(io::directory_of(path_));
}

}  // namespace cellmon::exporting
