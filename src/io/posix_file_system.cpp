#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io/file_system.hpp"

namespace cellmon::io {
namespace {

/// Owns a file descriptor.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

tl::unexpected<Error> fail_errno(const char* operation, const std::string& path) {
    return fail(error_from_errno(errno, fmt::format("{} {}", operation, path)));
}

/// Repeats a system call that a signal interrupted.
template <typename Call>
auto retry(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR)
        result = call();
    return result;
}

class PosixFile final : public File {
  public:
    PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t got = retry([&] {
                return ::pread(fd_.get(), into.data() + done, into.size() - done,
                               static_cast<off_t>(offset + done));
            });
            if (got < 0) return fail_errno("read", path_);
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t put = retry([&] {
                return ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
            });
            if (put < 0) return fail_errno("write", path_);
            if (put == 0) return fail(ErrorCode::io, fmt::format("write {}: no progress", path_));
            done += static_cast<std::size_t>(put);
        }
        return {};
    }

    Result<void> sync() override {
        // Not repeated on EINTR or any other error: a failed sync is final (see File::sync).
        if (::fdatasync(fd_.get()) != 0) return fail_errno("sync", path_);
        return {};
    }

    Result<void> allocate(std::uint64_t offset, std::uint64_t size) override {
        const int error =
            ::posix_fallocate(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(size));
        if (error != 0) return fail(error_from_errno(error, fmt::format("allocate {}", path_)));
        return {};
    }

    Result<void> truncate(std::uint64_t size) override {
        if (retry([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
            return fail_errno("truncate", path_);
        }
        return {};
    }

    Result<std::uint64_t> size() override {
        struct stat status{};
        if (::fstat(fd_.get(), &status) != 0) return fail_errno("stat", path_);
        return static_cast<std::uint64_t>(status.st_size);
    }

  private:
    Descriptor fd_;
    std::string path_;
};

class PosixLock final : public FileLock {
  public:
    explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}

  private:
    Descriptor fd_;  // flock(2) ends when the last descriptor of the open file closes.
};

class PosixFileSystem final : public FileSystem {
  public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        int flags = O_CLOEXEC;
        switch (mode) {
            case OpenMode::read:
                flags |= O_RDONLY;
                break;
            case OpenMode::read_write:
                flags |= O_RDWR;
                break;
            case OpenMode::create:
            case OpenMode::create_private:
                flags |= O_RDWR | O_CREAT | O_TRUNC;
                break;
        }
        const mode_t permissions = mode == OpenMode::create_private ? 0600 : 0640;
        const int fd = retry([&] { return ::open(path.c_str(), flags, permissions); });
        if (fd < 0) return fail_errno("open", path);
        return std::make_unique<PosixFile>(Descriptor(fd), path);
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("rename", from);
        return {};
    }

    Result<void> remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return fail_errno("remove", path);
        return {};
    }

    Result<void> make_directories(const std::string& path) override {
        CELLMON_TRY_ASSIGN(const bool present, exists(path));
        if (present) return {};
        const std::string parent = directory_of(path);
        CELLMON_TRY(make_directories(parent));
        if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) {
            return fail_errno("create directory", path);
        }
        return sync_directory(parent);
    }

    Result<void> sync_directory(const std::string& path) override {
        const Descriptor fd(
            retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
        if (fd.get() < 0) return fail_errno("open directory", path);
        if (::fsync(fd.get()) != 0) return fail_errno("sync directory", path);
        return {};
    }

    Result<std::vector<std::string>> list(const std::string& path) override {
        std::error_code error;
        std::vector<std::string> names;
        for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
             at.increment(error)) {
            // A file that vanished meanwhile is no reason to fail.
            std::error_code vanished;
            if (at->is_regular_file(vanished)) names.push_back(at->path().filename().string());
        }
        if (error) return fail(error_from_errno(error.value(), "list " + path));
        std::sort(names.begin(), names.end());
        return names;
    }

    Result<bool> exists(const std::string& path) override {
        if (::access(path.c_str(), F_OK) == 0) return true;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return fail_errno("look at", path);
    }

    Result<std::uint64_t> free_bytes(const std::string& path) override {
        struct statvfs status{};
        if (retry([&] { return ::statvfs(path.c_str(), &status); }) != 0) {
            return fail_errno("look at the device of", path);
        }
        return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        Descriptor fd(
            retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640); }));
        if (fd.get() < 0) return fail_errno("open", path);
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) {
                return fail(ErrorCode::locked, fmt::format("{} is held by another process", path));
            }
            return fail_errno("lock", path);
        }
        return std::make_unique<PosixLock>(std::move(fd));
    }

    Result<bool> is_locked(const std::string& path) override {
        const Descriptor fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
        if (fd.get() < 0) {
            if (errno == ENOENT) return false;
            return fail_errno("open", path);
        }
        if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
        if (errno == EWOULDBLOCK) return true;
        return fail_errno("look at the lock", path);
    }
};

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() {
    return std::make_unique<PosixFileSystem>();
}

}  // namespace cellmon::io
