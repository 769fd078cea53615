#include "cli/admin_parts.hpp"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "classroom/audit_log.hpp"
#include "classroom/schema.hpp"
#include "cli/exit_code.hpp"
#include "config/load.hpp"
#include "event/text.hpp"
#include "io/file_system.hpp"

namespace cellmon::cli {

Result<std::unique_ptr<AdminPlace>> open_admin_place(const std::string& data) {
    const auto files = io::make_posix_file_system();
    config::Sources sources;
    sources.environment = config::process_environment();
    sources.flags["server.data"] = data;
    auto place = std::make_unique<AdminPlace>();
    CELLMON_TRY_ASSIGN(place->config, config::load(sources, *files));
    sql::DatabaseOptions database = place->config.classroom;
    database.sqlite_path = data + "/classroom.db";
    if (database.postgres_url.empty()) CELLMON_TRY(files->make_directories(data));
    place->database =
        std::make_unique<sql::Database>(std::move(database), classroom::schema(), place->clock);
    CELLMON_TRY(place->database->prepare());
    return place;
}

Result<void> note_admin(sql::Connection& connection, std::string action, std::string subject,
                        std::string detail, TimeUs now) {
    return classroom::record(connection,
                             {std::nullopt, std::string(kAdminAddress), std::move(action),
                              std::move(subject), std::move(detail)},
                             now);
}

std::string new_password(RandomSource& random) {
    // No hyphen in front, which would be an option to a shell and a formula to a spreadsheet.
    constexpr std::size_t kCharacters = 24;
    return random.typeable(kCharacters);
}

int report_admin(const Error& error) {
    fmt::print(stderr, "cellmon admin: {}\n", error.message);
    const bool arguments = error.code == ErrorCode::invalid || error.code == ErrorCode::not_found ||
                           error.code == ErrorCode::already_exists ||
                           error.code == ErrorCode::limit;
    return arguments ? kExitUsage : kExitEnvironment;
}

std::string json_text(std::string_view text) {
    std::string json;
    event::append_json_string(json, text);
    return json;
}

}  // namespace cellmon::cli
