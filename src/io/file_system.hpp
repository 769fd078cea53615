#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cellmon::io {

/// An open file. Positions are bytes from its start. One thread at a time writes; reads may run
/// beside it.
class File {
  public:
    virtual ~File() = default;

    /// Reads up to `into.size()` bytes; fewer only at the end of the file.
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;

    /// Writes all bytes or fails. After a failure the content of the range is unknown.
    virtual Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;

    /// Makes the content durable (fdatasync). A failure is final: the kernel may have dropped the
    /// dirty pages, so a second call that succeeds proves nothing. Callers must stop using the
    /// file.
    virtual Result<void> sync() = 0;

    /// Reserves space for [offset, offset + size) and grows the file to it (posix_fallocate); new
    /// bytes read as zero.
    virtual Result<void> allocate(std::uint64_t offset, std::uint64_t size) = 0;

    virtual Result<void> truncate(std::uint64_t size) = 0;
    virtual Result<std::uint64_t> size() = 0;
};

enum class OpenMode {
    read,            ///< An existing file, read only.
    read_write,      ///< An existing file.
    create,          ///< A new, empty file; whatever had the name is replaced.
    create_private,  ///< The same, for the eyes of its owner alone (0600).
};

/// Held until destroyed.
class FileLock {
  public:
    virtual ~FileLock() = default;
};

/// Everything the durable parts of the server ask of a file system, so that a test can put a faulty
/// one in its place. Safe for use by any thread. Paths are plain strings with `/`.
class FileSystem {
  public:
    virtual ~FileSystem() = default;

    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;

    /// Atomically gives `from` the name `to`, replacing it. Durable only after sync_directory.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove(const std::string& path) = 0;

    /// Creates the directory and its parents, durably; an existing one is fine.
    virtual Result<void> make_directories(const std::string& path) = 0;

    /// Makes creations, renames and removals in the directory durable.
    virtual Result<void> sync_directory(const std::string& path) = 0;

    /// Names of the regular files in the directory, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;

    /// Bytes an unprivileged writer may still use on the device that holds `path`.
    virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;

    /// Takes an exclusive advisory lock on the file, creating it; ErrorCode::locked when another
    /// process has it.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;

    /// Whether some process holds the lock of lock(). A missing file is not locked.
    virtual Result<bool> is_locked(const std::string& path) = 0;
};

/// The operating system's file system.
[[nodiscard]] std::unique_ptr<FileSystem> make_posix_file_system();

/// Reads a whole file of at most `limit` bytes; ErrorCode::limit when it is larger.
Result<std::string> read_file(FileSystem& files, const std::string& path,
                              std::uint64_t limit = 64U << 20U);

/// Replaces `path` so that after a crash it holds either the old or the new content: temporary file
/// beside it, sync, rename, sync of the directory. `mode` is how the new file is made.
Result<void> replace_file(FileSystem& files, const std::string& path, std::string_view content,
                          OpenMode mode = OpenMode::create);

/// The part of `path` before its last `/`, or `.`.
std::string directory_of(const std::string& path);

}  // namespace cellmon::io
