#include "classroom/audit_log.hpp"

#include "sql/conditions.hpp"

namespace cellmon::classroom {

Result<void> record(sql::Connection& connection, const AuditEntry& entry, TimeUs now) {
    CELLMON_TRY(connection.run(
        "INSERT INTO audit_log (at_us, actor_id, address, action, subject, detail) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        now, entry.actor_id, entry.address, entry.action, entry.subject, entry.detail));
    return {};
}

Result<std::vector<StoredAuditEntry>> audit_entries(sql::Connection& connection,
                                                    const AuditFilter& filter) {
    sql::Conditions conditions;
    conditions.add_if("l.id < ?", filter.before);
    conditions.add_if("a.email_key = ?", filter.account);
    conditions.add_if("l.subject = ?", filter.subject);
    CELLMON_TRY_ASSIGN(
        const auto rows,
        conditions.select(connection,
                          "SELECT l.id, l.at_us, coalesce(a.email, ''), l.actor_id, l.address, "
                          "l.action, l.subject, l.detail FROM audit_log l LEFT JOIN instructors a "
                          "ON a.id = l.actor_id",
                          "ORDER BY l.id DESC", {.limit = filter.limit}));
    std::vector<StoredAuditEntry> entries;
    entries.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        entries.push_back(
            {row.integer(0),
             row.integer(1),
             row.text(2),
             {row.optional_integer(3), row.text(4), row.text(5), row.text(6), row.text(7)}});
    }
    return entries;
}

Result<std::int64_t> prune_audit(sql::Connection& connection, TimeUs before) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("DELETE FROM audit_log WHERE at_us < $1", before));
    return rows.changed;
}

}  // namespace cellmon::classroom
