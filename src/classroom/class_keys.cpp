#include "classroom/class_keys.hpp"

#include <fmt/format.h>

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectClassKeys =
    "SELECT k.id, k.class_id, k.key_hash, k.ending, k.label, k.created_by, k.created_us, "
    "k.expires_us, k.revoked_us FROM class_keys k";

ClassKey key_of(const sql::Row& row) {
    return {.id = row.integer(0),
            .class_id = row.integer(1),
            .hash = row.text(2),
            .ending = row.text(3),
            .label = row.optional_text(4),
            .created_by = row.optional_integer(5),
            .created_us = row.integer(6),
            .expires_us = row.optional_integer(7),
            .revoked_us = row.optional_integer(8)};
}

}  // namespace

Result<std::int64_t> add_class_key(sql::Connection& connection, const ClassKey& added, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto good,
        connection.run("SELECT count(*) FROM class_keys WHERE class_id = $1 AND revoked_us IS NULL "
                       "AND (expires_us IS NULL OR expires_us > $2)",
                       added.class_id, now));
    if (good.front().integer(0) >= static_cast<std::int64_t>(kMostClassKeys)) {
        return fail(ErrorCode::limit,
                    fmt::format("a class has at most {} good keys; revoke one", kMostClassKeys));
    }
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO class_keys (class_id, key_hash, ending, label, created_by, "
                       "created_us, expires_us) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                       added.class_id, added.hash, added.ending, added.label, added.created_by, now,
                       added.expires_us));
    return rows.front().integer(0);
}

Result<std::optional<ClassKey>> find_class_key(sql::Connection& connection, std::int64_t id) {
    static const std::string kStatement = fmt::format("{} WHERE k.id = $1", kSelectClassKeys);
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(kStatement, id));
    if (rows.empty()) return std::nullopt;
    return key_of(rows.front());
}

Result<std::vector<ClassKey>> list_class_keys(sql::Connection& connection, std::int64_t class_id,
                                              sql::Page page) {
    sql::Conditions conditions;
    conditions.add("k.class_id = ?", sql::Value(class_id));
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectClassKeys, "ORDER BY k.id", page));
    std::vector<ClassKey> keys;
    keys.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        keys.push_back(key_of(row));
    return keys;
}

Result<bool> revoke_class_key(sql::Connection& connection, std::int64_t id, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("UPDATE class_keys SET revoked_us = $2 WHERE id = $1 AND revoked_us IS NULL",
                       id, now));
    return rows.changed == 1;
}

Result<std::vector<GoodKey>> good_class_keys(sql::Connection& connection, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT k.key_hash, c.class_code, k.expires_us FROM class_keys k "
                       "JOIN classes c ON c.id = k.class_id WHERE k.revoked_us IS NULL "
                       "AND (k.expires_us IS NULL OR k.expires_us > $1) ORDER BY k.key_hash",
                       now));
    std::vector<GoodKey> keys;
    keys.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        keys.push_back({row.text(0), row.text(1), row.optional_integer(2)});
    return keys;
}

}  // namespace cellmon::classroom
