#include "classroom/notebook_histories.hpp"

#include "event/text.hpp"
#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectNotebookHistories =
    "SELECT h.id, h.owner, h.path, h.created_us FROM notebook_histories h";

NotebookHistory history_of(const sql::Row& row) {
    return {row.integer(0), row.text(1), row.text(2), row.integer(3)};
}

std::string key_of(std::string_view owner, std::string_view path) {
    std::string both(owner);
    both += '\0';
    both += path;
    return event::sha256_hex(both);
}

Result<std::optional<NotebookHistory>> select_history(sql::Connection& connection,
                                                      const sql::Conditions& conditions) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectNotebookHistories, "", {}));
    if (rows.empty()) return std::nullopt;
    return history_of(rows.front());
}

/// The rows that the scope shows; `$1` is its owner, `$2` its account, 0 for none.
std::string where_of(const HistoryScope& scope) {
    if (scope.all) return " WHERE ($1 = $1 AND $2 = $2)";
    return " WHERE (h.owner = $1 OR h.owner IN (SELECT s.email_key FROM students s "
           "JOIN student_classes r ON r.student_id = s.id JOIN class_staff m "
           "ON m.class_id = r.class_id WHERE m.account_id = $2))";
}

}  // namespace

Result<std::optional<NotebookHistory>> find_history(sql::Connection& connection,
                                                    std::string_view owner, std::string_view path) {
    sql::Conditions conditions;
    conditions.add("h.history_key = ?", key_of(owner, path));
    return select_history(connection, conditions);
}

Result<std::optional<NotebookHistory>> find_history(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("h.id = ?", id);
    return select_history(connection, conditions);
}

Result<NotebookHistory> history_for(sql::Connection& connection, std::string_view owner,
                                    std::string_view path, TimeUs now) {
    CELLMON_TRY_ASSIGN(auto found, find_history(connection, owner, path));
    if (found) return std::move(*found);
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO notebook_histories (history_key, owner, path, created_us) "
                       "VALUES ($1, $2, $3, $4) RETURNING id",
                       key_of(owner, path), owner, path, now));
    return NotebookHistory{rows.front().integer(0), std::string(owner), std::string(path), now};
}

Result<bool> remove_history(sql::Connection& connection, const NotebookHistory& history) {
    CELLMON_TRY_ASSIGN(
        const auto contents,
        connection.run("SELECT c.content_id FROM notebook_snapshot_cells c JOIN "
                       "notebook_snapshots s ON s.id = c.snapshot_id WHERE s.history_id = $1 UNION "
                       "SELECT c.result_id FROM notebook_snapshot_cells c JOIN notebook_snapshots "
                       "s ON s.id = c.snapshot_id WHERE s.history_id = $1 AND c.result_id IS NOT "
                       "NULL",
                       history.id));
    // In the order in which they name each other.
    CELLMON_TRY(connection.run("DELETE FROM notebook_tags WHERE history_id = $1", history.id));
    CELLMON_TRY(connection.run("DELETE FROM notebook_versions WHERE history_id = $1", history.id));
    CELLMON_TRY_ASSIGN(const auto removed, connection.run("DELETE FROM notebook_histories WHERE id "
                                                          "= $1",
                                                          history.id));
    static const sql::ManyRows kForget(
        "DELETE FROM notebook_contents WHERE id IN (SELECT column1 FROM (", {sql::Type::integer},
        ") AS v) AND NOT EXISTS (SELECT 1 FROM notebook_snapshot_cells c WHERE c.content_id = "
        "notebook_contents.id) AND NOT EXISTS (SELECT 1 FROM notebook_snapshot_cells c WHERE "
        "c.result_id = notebook_contents.id)");
    std::vector<sql::Value> ids;
    ids.reserve(contents.rows.size());
    for (const sql::Row& row : contents.rows)
        ids.emplace_back(row.integer(0));
    if (!ids.empty()) CELLMON_TRY(kForget.run(connection, ids));
    return removed.changed > 0;
}

Result<std::vector<HistoryLine>> list_histories(sql::Connection& connection,
                                                const HistoryScope& scope, sql::Page page) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run(
            "SELECT h.id, h.owner, h.path, h.created_us, "
            "(SELECT count(*) FROM notebook_versions v WHERE v.history_id = h.id), "
            "(SELECT count(*) FROM notebook_branches b WHERE b.history_id = h.id), "
            "(SELECT count(*) FROM notebook_snapshots s WHERE s.history_id = h.id), "
            "(SELECT max(v.created_us) FROM notebook_versions v WHERE v.history_id = h.id) "
            "FROM notebook_histories h" +
                where_of(scope) + " ORDER BY h.owner, h.path, h.id LIMIT $3 OFFSET $4",
            scope.owner, scope.staff_id.value_or(0), page.limit, page.skip));
    std::vector<HistoryLine> lines;
    lines.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        lines.push_back({history_of(row), row.integer(4), row.integer(5), row.integer(6),
                         row.optional_integer(7)});
    }
    return lines;
}

Result<HistoryTotals> history_totals(sql::Connection& connection, const HistoryScope& scope) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run(
            "SELECT count(*), "
            "(SELECT count(*) FROM notebook_versions v JOIN notebook_histories h ON h.id = "
            "v.history_id" +
                where_of(scope) +
                "), (SELECT count(*) FROM notebook_branches b JOIN notebook_histories h ON h.id = "
                "b.history_id" +
                where_of(scope) + ") FROM notebook_histories h" + where_of(scope),
            scope.owner, scope.staff_id.value_or(0)));
    const sql::Row& row = rows.front();
    return HistoryTotals{row.integer(0), row.integer(1), row.integer(2)};
}

}  // namespace cellmon::classroom
