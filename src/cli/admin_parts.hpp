#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "sql/database.hpp"

namespace CLI {
class App;
}

// What the commands of `cellmon admin` share.
namespace cellmon::cli {

/// What the settings say of the database and the cost of passwords, and the database itself.
struct AdminPlace {
    config::Config config;
    SystemClock clock;
    std::unique_ptr<sql::Database> database;
};

/// The database of that data folder, or the PostgreSQL that its settings name, brought up to date.
Result<std::unique_ptr<AdminPlace>> open_admin_place(const std::string& data);

/// In place of a client's address in the audit log.
inline constexpr std::string_view kAdminAddress = "terminal";

/// A line of the audit log, of somebody who has the machine.
Result<void> note_admin(sql::Connection& connection, std::string action, std::string subject,
                        std::string detail, TimeUs now);

/// Says what went wrong; the exit status.
int report_admin(const Error& error);

[[nodiscard]] std::string json_text(std::string_view text);

/// 120 bits.
[[nodiscard]] std::string new_password(RandomSource& random);

/// import.
void add_admin_import(CLI::App& parent, int& exit_code);

/// create-key, list-keys, revoke-key.
void add_admin_keys(CLI::App& parent, int& exit_code);

}  // namespace cellmon::cli
