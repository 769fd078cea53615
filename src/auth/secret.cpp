#include "auth/secret.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/token.hpp"

namespace cellmon::auth {
namespace {

Result<std::string> long_enough(std::string secret, std::string_view source) {
    if (secret.size() >= kLeastSecretBytes) return secret;
    return fail(ErrorCode::invalid,
                fmt::format("{} is too short: it needs at least {} characters that nobody can "
                            "guess, for example from: openssl rand -base64 48",
                            source, kLeastSecretBytes));
}

Result<void> check_mode(const std::string& path, std::string_view misuse) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return fail(error_from_errno(errno, path));
    constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
    if ((facts.st_mode & kOthers) != 0) {
        return fail(ErrorCode::permission,
                    fmt::format("{} can be read by others, {}: chmod 600 {}", path, misuse, path));
    }
    return {};
}

/// Beside its place first: a file of half a secret is never found there.
Result<void> write_private(const std::string& path, const std::string& content,
                           io::FileSystem& files) {
    const std::string beside = path + ".new";
    ::unlink(beside.c_str());
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return fail(error_from_errno(errno, "cannot make " + beside));
    const ssize_t written = ::write(file, content.data(), content.size());
    const bool good = written == static_cast<ssize_t>(content.size()) && ::fsync(file) == 0;
    const int error = errno;
    ::close(file);
    if (!good) return fail(error_from_errno(error, "cannot write " + beside));
    return files.rename(beside, path);
}

}  // namespace

Result<std::string> token_secret(const std::string& configured, const std::string& path,
                                 io::FileSystem& files, RandomSource& random) {
    if (!configured.empty()) return long_enough(configured, "auth.secret");
    return private_secret(path, files, random,
                          "who could make tokens with it (without the file everybody logs in "
                          "again)");
}

Result<std::string> private_secret(const std::string& path, io::FileSystem& files,
                                   RandomSource& random, std::string_view misuse) {
    CELLMON_TRY_ASSIGN(const bool exists, files.exists(path));
    if (!exists) {
        CELLMON_TRY(write_private(path, random_text(random) + "\n", files));
        CELLMON_TRY(files.sync_directory(io::directory_of(path)));
    }
    CELLMON_TRY(check_mode(path, misuse));
    CELLMON_TRY_ASSIGN(std::string secret, io::read_file(files, path));
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
        secret.pop_back();
    return long_enough(std::move(secret), path);
}

}  // namespace cellmon::auth
