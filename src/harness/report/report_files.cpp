#include "harness/report/report_files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/bottleneck.hpp"
#include "harness/report/junit.hpp"
#include "harness/report/report_html.hpp"
#include "harness/report/report_json.hpp"

namespace cellmon::harness::report {
namespace {

constexpr const char* kReportFile = "report.json";

Result<void> write_synced(int file, std::string_view bytes, const std::string& name) {
    while (!bytes.empty()) {
        const auto wrote = ::write(file, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0)
            return fail(error_from_errno(errno, fmt::format("cannot write to {}", name)));
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    if (::fsync(file) != 0)
        return fail(error_from_errno(errno, fmt::format("cannot sync {}", name)));
    return {};
}

/// So that the new name survives a loss of power.
Result<void> sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!synced)
        return fail(error_from_errno(error, fmt::format("cannot sync {}", folder.string())));
    return {};
}

}  // namespace

Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes) {
    std::string aside = path.string() + ".XXXXXX";
    const int file = ::mkostemp(aside.data(), O_CLOEXEC);
    if (file < 0)
        return fail(error_from_errno(errno, fmt::format("cannot make {}", path.string())));
    auto done = write_synced(file, bytes, aside);
    constexpr mode_t kReadable = 0644;
    ::fchmod(file, kReadable);
    ::close(file);
    if (done && std::rename(aside.c_str(), path.c_str()) != 0)
        done = fail(error_from_errno(errno, fmt::format("cannot replace {}", path.string())));
    if (!done) {
        ::unlink(aside.c_str());
        return done;
    }
    const auto folder = path.parent_path();
    return sync_folder(folder.empty() ? "." : folder);
}

Result<void> write_report(RunReport report, const std::filesystem::path& out) {
    if (report.bottleneck.empty()) judge_bottleneck(report);
    std::error_code error;
    std::filesystem::create_directories(out, error);
    if (error)
        return fail(error_from_errno(error.value(), fmt::format("cannot make {}", out.string())));
    // report.json last: who finds it finds the others too.
    CELLMON_TRY(replace_file(out / "report.html", report_html(report)));
    CELLMON_TRY(replace_file(out / "junit.xml", junit_xml(report)));
    return replace_file(out / kReportFile, report_json(report));
}

Result<RunReport> read_report(const std::filesystem::path& path) {
    std::error_code ignored;
    const auto file = std::filesystem::is_directory(path, ignored) ? path / kReportFile : path;
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return fail(error_from_errno(errno == 0 ? EIO : errno,
                                     fmt::format("cannot read {}", file.string())));
    const std::string json((std::istreambuf_iterator<char>(stream)),
                           std::istreambuf_iterator<char>());
    if (stream.bad()) return fail(ErrorCode::io, fmt::format("cannot read {}", file.string()));
    auto report = read_report_json(json);
    if (!report) {
        return fail(report.error().code,
                    fmt::format("{}: {}", file.string(), report.error().message));
    }
    return report;
}

}  // namespace cellmon::harness::report
