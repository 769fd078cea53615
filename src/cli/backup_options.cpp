#include "cli/backup_options.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "backup/password_file.hpp"
#include "cli/exit_code.hpp"

namespace cellmon::cli {

void add_password_options(CLI::App& command, PasswordOptions& options) {
    command.add_option("--password-file", options.file,
                       "A file with the password of the backups; without one, "
                       "CELLMON_BACKUP_PASSWORD holds it, or they are not encrypted");
    // No flag of its own, which other users could read.
    if (const char* value = std::getenv("CELLMON_BACKUP_PASSWORD")) options.value = value;
}

Result<std::string> password_of(const PasswordOptions& options, io::FileSystem& files) {
    if (options.file.empty()) return options.value;
    return backup::read_password(files, options.file);
}

backup::ClassroomStore classroom_of(const std::string& data, const std::string& postgres) {
    backup::ClassroomStore store;
    store.sqlite_path = data + "/classroom.db";
    store.postgres_url = postgres;
    return store;
}

int report_backup(std::string_view command, const Error& error) {
    fmt::print(stderr, "cellmon {}: {}\n", command, error.message);
    switch (error.code) {
        case ErrorCode::corrupt:
            return kExitVerdict;
        case ErrorCode::invalid:
            return kExitUsage;
        default:
            return kExitEnvironment;
    }
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit)
        value /= 1024;
    return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits.at(unit));
}

}  // namespace cellmon::cli
