// cellmon admin import: many accounts from a file, all of them or none.
#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "api/csv.hpp"
#include "auth/password.hpp"
#include "classroom/account_import.hpp"
#include "classroom/email.hpp"
#include "classroom/sessions.hpp"
#include "cli/account_file.hpp"
#include "cli/admin_parts.hpp"
#include "cli/admin_subcommand.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress_bar.hpp"

namespace cellmon::cli {
namespace {

using classroom::Account;
using classroom::AccountChange;
using classroom::Role;

constexpr const char* kImportFooter = R"(Examples:
  printf 'email,name,role,password\na@example.com,先生,instructor,correct horse\n' | cellmon admin import --data ./data -
  cellmon admin import --data ./data --dry-run accounts.csv
  cellmon admin import --data ./data --passwords new-passwords.csv accounts.csv
  the accounts of another system, with their bcrypt hashes, by the names that its columns have:
    psql progress_db -c "\copy instructors TO instructors.csv CSV HEADER"
    cellmon admin import --data ./data instructors.csv

FILE is a table (CSV, UTF-8, the first row names the columns) or holds a JSON object a line; - is standard input. Fields: email, name,
role (admin, instructor, assistant, student), is_active, and password or password_hash (bcrypt, Argon2id); others are passed over.
All that is wrong is named by line and field, and then nothing is imported. Addresses that have an account are left as they are, or get
name, role and is_active of the file with --update; their passwords are never changed. So a file may be imported again.
May run beside a server, and works at once.
Exit status: 0 done · 2 the file or the arguments are wrong, nothing was done · 3 the database cannot be used)";

constexpr std::size_t kMostNamed = 20;  ///< Lines of one kind that are printed.

/// Enough for a password of 120 random bits, which no cost makes harder to guess; the first login
/// replaces it as any that is of another cost than the configured one.
constexpr auth::PasswordCost kCostOfRandom{8'192, 1};

struct ImportOptions {
    std::string data = "./data";
    std::string file;
    std::string role = "instructor";
    std::string passwords;
    bool dry_run = false;
    bool update = false;
};

/// An address of the file that has an account already, and what is to change of that.
struct Known {
    const AccountLine* line;
    Account account;
    AccountChange change;
    bool differs = false;
};

struct ImportPlan {
    std::vector<const AccountLine*> added;
    std::vector<Known> known;
};

struct Done {
    std::unordered_set<std::string> added;  ///< By classroom::email_key().
    std::size_t changed = 0;
};

Result<std::string> read_file(const std::string& path) {
    std::ifstream opened;
    if (path != "-") {
        opened.open(path, std::ios::binary);
        if (!opened) return fail(ErrorCode::invalid, "cannot read " + path);
    }
    std::istream& in = path == "-" ? std::cin : opened;
    std::string text;
    std::array<char, 1U << 16U> part{};
    while (in.read(part.data(), part.size()), in.gcount() > 0) {
        text.append(part.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > kMostAccountFileBytes) {
            return fail(ErrorCode::invalid,
                        fmt::format("the file has more than {} MiB", kMostAccountFileBytes >> 20U));
        }
    }
    if (in.bad()) return fail(ErrorCode::invalid, "cannot read " + path);
    return text;
}

Result<AccountFile> read_accounts(const std::string& path) {
    CELLMON_TRY_ASSIGN(const std::string text, read_file(path));
    auto file = read_account_file(text);
    if (file) return std::move(*file);
    std::string message = "nothing was imported:";
    for (const auto& [line, field, reason] : file.error()) {
        const std::string place = field.empty() ? "" : ", " + field;
        message += line == 0 ? fmt::format("\n  {}", reason)
                             : fmt::format("\n  line {}{}: {}", line, place, reason);
    }
    if (file.error().size() >= api::kMostFaults) message += "\n  and perhaps more";
    return fail(ErrorCode::invalid, std::move(message));
}

Known compare(const AccountLine& line, Account account) {
    Known known{&line, std::move(account), {}, false};
    const auto set = [&](const auto& wanted, const auto& is, auto& change) {
        if (!wanted || *wanted == is) return;
        change = wanted;
        known.differs = true;
    };
    set(line.name, known.account.name, known.change.name);
    set(line.role, known.account.role, known.change.role);
    set(line.is_active, known.account.is_active, known.change.is_active);
    return known;
}

Result<ImportPlan> make_plan(sql::Connection& connection, const std::vector<AccountLine>& lines) {
    std::vector<std::string> emails;
    emails.reserve(lines.size());
    for (const AccountLine& line : lines)
        emails.push_back(line.email);
    CELLMON_TRY_ASSIGN(auto accounts, classroom::accounts_by_key(connection, emails));
    ImportPlan plan;
    for (const AccountLine& line : lines) {
        const auto found = accounts.find(classroom::email_key(line.email));
        if (found == accounts.end()) {
            plan.added.push_back(&line);
        } else {
            plan.known.push_back(compare(line, std::move(found->second)));
        }
    }
    return plan;
}

/// The new accounts, and the passwords that were made for them.
struct NewAccounts {
    std::vector<classroom::ImportedAccount> accounts;
    std::vector<std::string> made;  ///< Of each account; empty where the file had one.
};

/// Hashes on all processors: Argon2id takes tens of milliseconds each.
Result<NewAccounts> with_hashes(const ImportPlan& plan, Role role, const auth::PasswordCost& cost) {
    NewAccounts all;
    all.accounts.resize(plan.added.size());
    all.made.resize(plan.added.size());
    SystemRandom random;
    for (std::size_t i = 0; i < plan.added.size(); ++i) {
        const AccountLine& line = *plan.added[i];
        all.accounts[i].account = {line.email,
                                   line.name.value_or(line.email.substr(0, line.email.find('@'))),
                                   line.role.value_or(role), line.password_hash};
        all.accounts[i].is_active = line.is_active.value_or(true);
        if (line.password.empty() && line.password_hash.empty()) all.made[i] = new_password(random);
    }
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    const auto hash = [&](ProgressBar* bar) {
        for (std::size_t i = next++; i < plan.added.size() && !failed; i = next++) {
            if (bar != nullptr) bar->show(i, plan.added.size());
            std::string& target = all.accounts[i].account.password_hash;
            if (!target.empty()) continue;
            const std::string& made = all.made[i];
            auto hashed = made.empty() ? auth::hash_password(plan.added[i]->password, cost)
                                       : auth::hash_password(made, kCostOfRandom);
            if (!hashed) {
                failed = true;
                return;
            }
            target = std::move(*hashed);
        }
    };
    ProgressBar bar("Passwords");
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i)
            threads.emplace_back(hash, nullptr);
        hash(&bar);
    }
    bar.clear();
    if (failed) return fail(ErrorCode::unavailable, "no memory to hash a password");
    return all;
}

/// A new file that only its owner may read.
Result<void> write_passwords(const std::string& path, const NewAccounts& all) {
    api::CsvWriter csv;
    csv.cell("email");
    csv.cell("password");
    csv.end_row();
    for (std::size_t i = 0; i < all.made.size(); ++i) {
        if (all.made[i].empty()) continue;
        csv.cell(all.accounts[i].account.email);
        csv.cell(all.made[i]);
        csv.end_row();
    }
    const std::string text = csv.take();
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return fail(ErrorCode::invalid, path + " is there already; it is not written over");
    if (file < 0) return fail(error_from_errno(errno, "cannot make " + path));
    std::size_t written = 0;
    while (written < text.size()) {
        const auto some = ::write(file, text.data() + written, text.size() - written);
        if (some < 0 && errno != EINTR) break;
        written += some > 0 ? static_cast<std::size_t>(some) : 0;
    }
    const bool whole = written == text.size() && ::fsync(file) == 0;
    const int error = errno;
    ::close(file);
    if (whole) return {};
    ::unlink(path.c_str());
    return fail(error_from_errno(error, "cannot write " + path));
}

Result<void> change(sql::Connection& connection, const Known& known, TimeUs now) {
    const std::int64_t id = known.account.id;
    CELLMON_TRY(classroom::change_account(connection, id, known.change, now));
    if (known.change.is_active == false) CELLMON_TRY(classroom::end_logins(connection, id));
    return note_admin(connection, "account.change", fmt::format("instructor {}", id), "import",
                      now);
}

/// The whole of it in one transaction; who came or changed since the plan was made is left alone.
Result<Done> write(sql::Connection& connection, const ImportOptions& options,
                   const ImportPlan& plan, const NewAccounts& all, TimeUs now) {
    constexpr std::int64_t kNobody = 0;
    Done done;
    CELLMON_TRY_ASSIGN(const bool had_admin,
                       classroom::another_admin_is_active(connection, kNobody));
    CELLMON_TRY_ASSIGN(done.added,
                       classroom::import_accounts(connection, all.accounts, kAdminAddress, now));
    for (const Known& known : plan.known) {
        if (!options.update || !known.differs) continue;
        CELLMON_TRY(change(connection, known, now));
        ++done.changed;
    }
    CELLMON_TRY_ASSIGN(const bool has_admin,
                       classroom::another_admin_is_active(connection, kNobody));
    if (had_admin && !has_admin) {
        return fail(ErrorCode::invalid,
                    "nothing was imported: it would leave no active account of the role admin");
    }
    return done;
}

void say_known(const ImportPlan& plan, bool update) {
    std::size_t said = 0;
    for (const Known& known : plan.known) {
        if (update && known.differs) continue;
        if (++said > kMostNamed) continue;
        fmt::print(stderr, "line {}: {} has an account already{}\n", known.line->line,
                   known.line->email, known.differs ? ", which is other than this line" : "");
    }
    if (said > kMostNamed) fmt::print(stderr, "and {} more\n", said - kMostNamed);
}

void say_ignored(const AccountFile& file) {
    if (file.ignored.empty()) return;
    fmt::print(stderr, "Passed over: {}\n", fmt::join(file.ignored, ", "));
}

/// Of somebody who made the account meanwhile: what was written down is not its password.
void say_overtaken(const ImportPlan& plan, const std::unordered_set<std::string>& added) {
    for (const AccountLine* line : plan.added) {
        if (added.contains(classroom::email_key(line->email))) continue;
        fmt::print(stderr, "line {}: {} got an account meanwhile, which was left as it is\n",
                   line->line, line->email);
    }
}

std::size_t count_changes(const ImportPlan& plan) {
    std::size_t count = 0;
    for (const Known& known : plan.known)
        count += known.differs ? 1 : 0;
    return count;
}

Result<void> check_passwords(const ImportPlan& plan, const ImportOptions& options) {
    for (const AccountLine* line : plan.added) {
        if (!line->password.empty() || !line->password_hash.empty()) continue;
        if (!options.passwords.empty()) return {};
        return fail(ErrorCode::invalid,
                    fmt::format("nothing was imported: line {}, password: neither a password nor a "
                                "password_hash; --passwords FILE has one made and written there",
                                line->line));
    }
    return {};
}

Result<int> import(const ImportOptions& options) {
    const auto role = classroom::role_of(options.role);
    if (!role) return fail(ErrorCode::invalid, "--role is none of the roles");
    CELLMON_TRY_ASSIGN(const AccountFile file, read_accounts(options.file));
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    CELLMON_TRY_ASSIGN(const ImportPlan plan, place->database->read([&](sql::Connection& c) {
        return make_plan(c, file.lines);
    }));
    CELLMON_TRY(check_passwords(plan, options));
    say_ignored(file);
    say_known(plan, options.update);
    if (options.dry_run) {
        const std::size_t changed = options.update ? count_changes(plan) : 0;
        fmt::print(
            "Nothing was written. {} accounts would be made, {} changed, {} left as they are.\n",
            plan.added.size(), changed, plan.known.size() - changed);
        return kExitOk;
    }
    CELLMON_TRY_ASSIGN(const NewAccounts all,
                       with_hashes(plan, *role, place->config.auth.password));
    bool made = false;
    for (const std::string& password : all.made)
        made = made || !password.empty();
    if (made) CELLMON_TRY(write_passwords(options.passwords, all));
    auto done = place->database->write(
        [&](sql::Connection& c) { return write(c, options, plan, all, place->clock.now_us()); });
    if (!done) {
        // A commit without an answer may have happened, and the file has the only passwords then.
        const bool unwritten =
            done.error().code == ErrorCode::invalid || done.error().code == ErrorCode::limit;
        if (made && unwritten) ::unlink(options.passwords.c_str());
        if (made && !unwritten) {
            fmt::print(stderr, "Some accounts may have been made: {} keeps their passwords\n",
                       options.passwords);
        }
        return fail(std::move(done).error());
    }
    say_overtaken(plan, done->added);
    fmt::print("{} accounts made, {} changed, {} left as they are.\n", done->added.size(),
               done->changed, file.lines.size() - done->added.size() - done->changed);
    if (made) fmt::print("The passwords that were made are in {}.\n", options.passwords);
    return kExitOk;
}

}  // namespace

void add_admin_import(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* command = add_admin_subcommand(parent, "import", "Make many accounts, from a file",
                                             options, import, exit_code);
    command->footer(kImportFooter);
    command->add_option("FILE", options->file, "The accounts; - for standard input")->required();
    command->add_option("--role", options->role, "What accounts may do whose line does not say")
        ->capture_default_str()
        ->type_name("{admin,instructor,assistant,student}");
    command->add_option("--passwords", options->passwords,
                        "Make passwords for lines that have none, and write them to this new file");
    command->add_flag("--dry-run", options->dry_run, "Look at everything and write nothing");
    command->add_flag("--update", options->update,
                      "Give accounts that are there name, role and is_active of the file");
}

}  // namespace cellmon::cli
