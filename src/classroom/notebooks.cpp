#include "classroom/notebooks.hpp"

#include "classroom/limits.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectNotebooks =
    "SELECT n.id, n.path, n.name, n.created_us, n.updated_us, n.version FROM notebooks n";

Notebook notebook_of(const sql::Row& row) {
    return {row.integer(0),          row.text(1),   row.text(2), row.integer(3),
            row.optional_integer(4), row.integer(5)};
}

}  // namespace

std::string notebook_name_of(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    const auto slash = path.rfind('/');
    std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (name.empty()) name = path;
    std::size_t end = 0;
    while (end < name.size() && characters_of(name.substr(0, end + 1)) <= kNotebookName.most)
        ++end;
    return std::string(name.substr(0, end));
}

Result<std::int64_t> add_notebook(sql::Connection& connection, const Notebook& added, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("INSERT INTO notebooks (path, name, created_us, version) "
                                      "VALUES ($1, $2, $3, 1) RETURNING id",
                                      added.path, added.name, now));
    return rows.front().integer(0);
}

Result<std::optional<Notebook>> find_notebook(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("n.id = ?", id);
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectNotebooks, "", {}));
    if (rows.empty()) return std::nullopt;
    return notebook_of(rows.front());
}

Result<std::vector<Notebook>> list_notebooks(sql::Connection& connection, sql::Page page) {
    CELLMON_TRY_ASSIGN(const auto rows, sql::Conditions().select(connection, kSelectNotebooks,
                                                                 "ORDER BY n.id", page));
    std::vector<Notebook> notebooks;
    notebooks.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        notebooks.push_back(notebook_of(row));
    return notebooks;
}

Result<void> store_notebook(sql::Connection& connection, const Notebook& changed, TimeUs now) {
    CELLMON_TRY(
        connection.run("UPDATE notebooks SET path = $2, name = $3, updated_us = $4, "
                       "version = version + 1 WHERE id = $1",
                       changed.id, changed.path, changed.name, now));
    return {};
}

Result<bool> notebook_is_used_by_others(sql::Connection& connection, std::int64_t id,
                                        std::int64_t account_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT 1 FROM class_assignments a WHERE a.notebook_id = $1 AND NOT EXISTS "
                       "(SELECT 1 FROM class_staff m WHERE m.class_id = a.class_id AND "
                       "m.account_id = $2 AND m.role = 'instructor') LIMIT 1",
                       id, account_id));
    return !rows.empty();
}

Result<void> remove_notebook(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM notebooks WHERE id = $1", id));
    return {};
}

}  // namespace cellmon::classroom
