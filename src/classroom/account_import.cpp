#include "classroom/account_import.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "classroom/email.hpp"
#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

using sql::ManyRows;
using sql::Type;
using sql::Value;

}  // namespace

Result<std::unordered_map<std::string, Account>> accounts_by_key(
    sql::Connection& connection, std::span<const std::string> emails) {
    static const ManyRows kFind(fmt::format("SELECT {} FROM (", kAccountColumns), {Type::text},
                                ") AS v JOIN instructors a ON a.email_key = v.column1");
    std::vector<Value> keys;
    keys.reserve(emails.size());
    for (const std::string& email : emails)
        keys.emplace_back(email_key(email));
    CELLMON_TRY_ASSIGN(const auto rows, kFind.run(connection, keys));
    std::unordered_map<std::string, Account> found;
    for (const sql::Row& row : rows.rows) {
        Account account = account_of(row);
        std::string key = email_key(account.email);
        found.emplace(std::move(key), std::move(account));
    }
    return found;
}

Result<std::unordered_set<std::string>> import_accounts(sql::Connection& connection,
                                                        std::span<const ImportedAccount> accounts,
                                                        std::string_view address, TimeUs now) {
    // `WHERE TRUE` keeps SQLite from taking ON for the beginning of a join.
    static const ManyRows kAdd(
        "INSERT INTO instructors (email, email_key, name, role, password_hash, is_active, status, "
        "status_updated_us, created_us, version) SELECT v.column1, v.column2, v.column3, "
        "v.column4, v.column5, v.column6, 'offline', $1, $1, 1 FROM (",
        {Type::text, Type::text, Type::text, Type::text, Type::text, Type::boolean},
        ") AS v WHERE TRUE ON CONFLICT (email_key) DO NOTHING RETURNING id, email_key", 1);
    static const ManyRows kNote(
        "INSERT INTO audit_log (at_us, address, action, subject, detail) "
        "SELECT $1, $2, 'account.create', v.column1, 'import' FROM (",
        {Type::text}, ") AS v", 2);
    std::vector<Value> values;
    for (const auto& [account, is_active] : accounts) {
        values.insert(values.end(), {Value(account.email), Value(email_key(account.email)),
                                     Value(account.name), Value(std::string(name_of(account.role))),
                                     Value(account.password_hash), Value(is_active)});
    }
    const std::array<Value, 2> common = {Value(now), Value(std::string(address))};
    CELLMON_TRY_ASSIGN(const auto rows, kAdd.run(connection, values, std::span(common).first<1>()));
    std::unordered_set<std::string> made;
    std::vector<Value> subjects;
    for (const sql::Row& row : rows.rows) {
        subjects.emplace_back(fmt::format("instructor {}", row.integer(0)));
        made.insert(row.text(1));
    }
    CELLMON_TRY(kNote.run(connection, subjects, common));
    return made;
}

}  // namespace cellmon::classroom
