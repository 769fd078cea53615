#include "classroom/classes.hpp"

#include <array>

#include <fmt/format.h>

namespace cellmon::classroom {
namespace {

constexpr std::string_view kColumns =
    "c.id, c.name, c.class_code, c.description, c.owner_id, c.is_active, c.join_code, "
    "c.created_us, c.updated_us, c.version, c.consent";

std::optional<privacy::Consent> consent_in(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return privacy::consent_named(*text).value_or(privacy::Consent::status);
}

std::optional<std::string> text_of(std::optional<privacy::Consent> consent) {
    if (!consent) return std::nullopt;
    return std::string(privacy::name_of(*consent));
}

std::string select_class(std::string_view rest) {
    return fmt::format("SELECT {} FROM classes c {}", kColumns, rest);
}

Class class_of(const sql::Row& row) {
    return {.id = row.integer(0),
            .name = row.text(1),
            .class_code = row.text(2),
            .description = row.optional_text(3),
            .owner_id = row.optional_integer(4),
            .is_active = row.boolean(5),
            .join_code = row.optional_text(6),
            .created_us = row.integer(7),
            .updated_us = row.optional_integer(8),
            .version = row.integer(9),
            .consent = consent_in(row.optional_text(10))};
}

std::optional<Class> first_class(const sql::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return class_of(rows.front());
}

}  // namespace

Result<std::int64_t> add_class(sql::Connection& connection, const Class& added, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO classes (name, class_code, description, owner_id, is_active, "
                       "join_code, created_us, consent, version) "
                       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) "
                       "RETURNING id",
                       added.name, added.class_code, added.description, added.owner_id,
                       added.is_active, added.join_code, now, text_of(added.consent)));
    return rows.front().integer(0);
}

Result<std::optional<Class>> find_class(sql::Connection& connection, std::int64_t id) {
    static const std::string kStatement = select_class("WHERE c.id = $1");
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, id));
    return first_class(rows);
}

Result<std::optional<Class>> find_class_by_code(sql::Connection& connection,
                                                std::string_view class_code) {
    static const std::string kStatement = select_class("WHERE c.class_code = $1");
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, class_code));
    return first_class(rows);
}

Result<std::optional<Class>> find_class_by_join_code(sql::Connection& connection,
                                                     std::string_view join_code) {
    static const std::string kStatement = select_class("WHERE c.join_code = $1");
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, join_code));
    return first_class(rows);
}

Result<std::vector<Class>> list_classes(sql::Connection& connection, const Scope& scope,
                                        sql::Page page) {
    sql::Conditions conditions;
    conditions.add_if("c.id IN (SELECT class_id FROM class_staff WHERE account_id = ?)",
                      scope.staff_id);
    conditions.add_if("c.id IN (SELECT class_id FROM student_classes WHERE student_id = ?)",
                      scope.student_id);
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, select_class(""), "ORDER BY c.id", page));
    std::vector<Class> classes;
    classes.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        classes.push_back(class_of(row));
    return classes;
}

Result<void> store_class(sql::Connection& connection, const Class& changed, TimeUs now) {
    CELLMON_TRY(connection.run(
        "UPDATE classes SET name = $2, class_code = $3, description = $4, owner_id = $5, "
        "is_active = $6, join_code = $7, updated_us = $8, consent = $9, version = version + 1 "
        "WHERE id = $1",
        changed.id, changed.name, changed.class_code, changed.description, changed.owner_id,
        changed.is_active, changed.join_code, now, text_of(changed.consent)));
    return {};
}

Result<void> remove_class(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM classes WHERE id = $1", id));
    return {};
}

std::string make_join_code(RandomSource& random) {
    constexpr std::size_t kLength = 8;
    return random.typeable(kLength);
}

std::string normal_join_code(std::string_view typed) {
    std::string code;
    for (const char c : typed) {
        if (c == ' ' || c == '-') continue;
        code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return code;
}

}  // namespace cellmon::classroom
