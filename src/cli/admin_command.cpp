#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "auth/password.hpp"
#include "base/random.hpp"
#include "classroom/accounts.hpp"
#include "classroom/audit_log.hpp"
#include "classroom/email.hpp"
#include "classroom/sessions.hpp"
#include "cli/admin_parts.hpp"
#include "cli/admin_subcommand.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"

namespace cellmon::cli {
namespace {

constexpr const char* kAdminFooter = R"(Examples:
  cellmon admin create-instructor --data ./data --email sensei@example.com --name 先生 --role admin
  printf '%s\n' "$PASSWORD" | cellmon admin reset-password --data ./data --email sensei@example.com --password-stdin
  cellmon admin import --data ./data accounts.csv
  cellmon admin list --data ./data --json
  cellmon admin deactivate --data ./data --email sensei@example.com
  cellmon admin create-key --data ./data --class CS-101 --label 'room 2'

May run beside a server, and works at once. Uses DATA/classroom.db, or the PostgreSQL of DATA/cellmon.toml or CELLMON_POSTGRES_URL.
Without a password one is made and shown once; on the command line other users of the machine can read it.
Exit status: 0 done · 2 wrong arguments: no such account or class, address taken, password too short · 3 the database cannot be used)";

struct AdminOptions {
    std::string data = "./data";
    std::string email;
    std::string name;
    std::string role = "instructor";
    std::string password;
    bool password_stdin = false;
    bool json = false;
    std::uint64_t limit = 100;
};

/// The password that was given, or a new one, which `made` then says.
Result<std::string> password_of(const AdminOptions& options, bool& made) {
    made = options.password.empty() && !options.password_stdin;
    if (made) {
        SystemRandom random;
        return new_password(random);
    }
    std::string password = options.password;
    if (options.password_stdin && !std::getline(std::cin, password)) {
        return fail(ErrorCode::invalid, "no password came on standard input");
    }
    CELLMON_TRY(auth::check_new_password(password));
    return password;
}

Result<classroom::Account> account_of(sql::Connection& connection, const std::string& email) {
    CELLMON_TRY_ASSIGN(auto account, classroom::find_account(connection, email));
    if (!account) return fail(ErrorCode::not_found, "there is no account of " + email);
    return std::move(*account);
}

Result<void> note(sql::Connection& connection, std::string action, std::int64_t id, TimeUs now) {
    return note_admin(connection, std::move(action), fmt::format("instructor {}", id), "", now);
}

Result<int> create(const AdminOptions& options) {
    const auto role = classroom::role_of(options.role);
    if (!role) return fail(ErrorCode::invalid, "--role is none of the roles");
    CELLMON_TRY_ASSIGN(std::string email, classroom::normal_email(options.email));
    if (options.name.empty()) return fail(ErrorCode::invalid, "--name is empty");
    bool made = false;
    CELLMON_TRY_ASSIGN(const std::string password, password_of(options, made));
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    CELLMON_TRY_ASSIGN(std::string hash,
                       auth::hash_password(password, place->config.auth.password));
    auto id = place->database->write([&](sql::Connection& c) -> Result<std::int64_t> {
        const TimeUs now = place->clock.now_us();
        CELLMON_TRY_ASSIGN(const auto added,
                           classroom::add_account(c, {email, options.name, *role, hash}, now));
        CELLMON_TRY(note(c, "account.create", added, now));
        return added;
    });
    if (!id && id.error().code == ErrorCode::already_exists) {
        return fail(ErrorCode::already_exists, email + " has an account already");
    }
    if (!id) return fail(std::move(id).error());
    fmt::print("Account {} of {} made, role {}.\n", *id, email, options.role);
    if (made) fmt::print("Password, shown once: {}\n", password);
    return kExitOk;
}

Result<int> reset_password(const AdminOptions& options) {
    bool made = false;
    CELLMON_TRY_ASSIGN(const std::string password, password_of(options, made));
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    classroom::AccountChange change;
    CELLMON_TRY_ASSIGN(change.password_hash,
                       auth::hash_password(password, place->config.auth.password));
    const auto done = place->database->write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = place->clock.now_us();
        CELLMON_TRY_ASSIGN(const auto account, account_of(c, options.email));
        CELLMON_TRY(classroom::change_account(c, account.id, change, now));
        CELLMON_TRY(classroom::end_logins(c, account.id));
        return note(c, "password.reset", account.id, now);
    });
    CELLMON_TRY(done);
    fmt::print("Password of {} set; all logins of it have ended.\n", options.email);
    if (made) fmt::print("Password, shown once: {}\n", password);
    return kExitOk;
}

Result<int> deactivate(const AdminOptions& options) {
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    classroom::AccountChange change;
    change.is_active = false;
    const auto done = place->database->write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = place->clock.now_us();
        CELLMON_TRY_ASSIGN(const auto account, account_of(c, options.email));
        CELLMON_TRY(classroom::change_account(c, account.id, change, now));
        CELLMON_TRY(classroom::end_logins(c, account.id));
        return note(c, "account.deactivate", account.id, now);
    });
    CELLMON_TRY(done);
    fmt::print("{} is deactivated and logged out.\n", options.email);
    return kExitOk;
}

Result<int> list(const AdminOptions& options) {
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    constexpr std::uint64_t kPage = 1'000;
    std::uint64_t skip = 0;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto accounts, place->database->read([&](sql::Connection& c) {
            return classroom::list_accounts(c, skip, kPage, std::nullopt);
        }));
        for (const classroom::Account& account : accounts) {
            if (options.json) {
                fmt::print(R"({{"id":{},"email":{},"name":{},"role":"{}","is_active":{}}})"
                           "\n",
                           account.id, json_text(account.email), json_text(account.name),
                           name_of(account.role), account.is_active);
            } else {
                fmt::print("{:>5}  {:<10}  {:<8}  {}  {}\n", account.id, name_of(account.role),
                           account.is_active ? "active" : "inactive", account.email, account.name);
            }
        }
        skip += accounts.size();
        if (accounts.size() < kPage) break;
    }
    if (skip == 0 && !options.json) fmt::print("There are no accounts.\n");
    return kExitOk;
}

Result<int> audit(const AdminOptions& options) {
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    CELLMON_TRY_ASSIGN(const auto entries, place->database->read([&](sql::Connection& c) {
        return classroom::audit_entries(c, {.limit = options.limit});
    }));
    for (const auto& [id, at_us, actor, entry] : entries) {
        if (options.json) {
            fmt::print(
                R"({{"at":"{}","actor":{},"address":{},"action":{},"subject":{},"detail":{}}})"
                "\n",
                format_time(at_us), json_text(actor), json_text(entry.address),
                json_text(entry.action), json_text(entry.subject), json_text(entry.detail));
        } else {
            fmt::print("{}  {:<18}  {:<16}  {}  {}  {}\n", format_time(at_us), entry.action,
                       entry.subject, actor.empty() ? "-" : actor, entry.address, entry.detail);
        }
    }
    return kExitOk;
}

}  // namespace

void add_admin(CLI::App& app, int& exit_code) {
    CLI::App* parent =
        app.add_subcommand("admin", "Make accounts and class keys, and look after them");
    parent->require_subcommand(1);
    parent->footer(kAdminFooter);
    auto options = std::make_shared<AdminOptions>();
    const auto add = [&](const char* name, const char* description,
                         Result<int> (*run)(const AdminOptions&)) {
        return add_admin_subcommand(*parent, name, description, options, run, exit_code);
    };
    const auto add_email = [&](CLI::App* command) {
        command->add_option("--email", options->email, "Address of the account")->required();
    };
    const auto add_password = [&](CLI::App* command) {
        auto* password = command->add_option("--password", options->password, "The new password");
        command
            ->add_flag("--password-stdin", options->password_stdin,
                       "Read it from the first line of standard input")
            ->excludes(password);
    };

    CLI::App* command = add("create-instructor", "Make an account", create);
    add_email(command);
    command->add_option("--name", options->name, "Name that others see")->required();
    add_password(command);
    command->add_option("--role", options->role, "What the account may do")
        ->capture_default_str()
        ->type_name("{admin,instructor,assistant,student}");

    command = add("reset-password", "Set a new password and end all logins", reset_password);
    add_email(command);
    add_password(command);

    command = add("deactivate", "Lock an account out, at once", deactivate);
    add_email(command);

    add_admin_import(*parent, exit_code);

    command = add("list", "List the accounts", list);
    command->add_flag("--json", options->json, "An object a line");

    command = add("audit", "Who changed what, and who looked at what; newest first", audit);
    command->add_option("--limit", options->limit, "Lines at most")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command->add_flag("--json", options->json, "An object a line");

    add_admin_keys(*parent, exit_code);
}

}  // namespace cellmon::cli
