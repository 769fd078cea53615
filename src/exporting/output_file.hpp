#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::exporting {

/// A new file that is written from its start to its end, a piece of memory at a time.
class OutputFile {
  public:
    static Result<OutputFile> create(io::FileSystem& files, const std::string& path);

    Result<void> write(std::string_view text);
    /// Writes what is left and syncs.
    Result<void> close();

  private:
    explicit OutputFile(std::unique_ptr<io::File> file) : file_(std::move(file)) {}
    Result<void> flush();

    std::unique_ptr<io::File> file_;
    std::string buffer_;
    std::uint64_t written_ = 0;
};

/// A folder that is there as a whole or not at all: it is filled under another name beside its
/// place and takes that place in finish(). One that is not finished is removed.
class OutputFolder {
  public:
    /// already_exists when there is something at `path`: nothing is ever replaced.
    static Result<OutputFolder> create(io::FileSystem& files, std::string path);
    OutputFolder(OutputFolder&& other) noexcept;
    OutputFolder& operator=(OutputFolder&&) = delete;
    ~OutputFolder();

    /// Of a file in it, while it is filled.
    [[nodiscard]] std::string path_of(std::string_view name) const;
    Result<void> write_file(std::string_view name, std::string_view content) const;
    Result<void> finish();

  private:
    OutputFolder(io::FileSystem& files, std::string path, std::string beside)
        : files_(&files), path_(std::move(path)), beside_(std::move(beside)) {}

    io::FileSystem* files_;
    std::string path_;
    std::string beside_;  ///< Empty: nothing is to be removed.
};

}  // namespace cellmon::exporting
