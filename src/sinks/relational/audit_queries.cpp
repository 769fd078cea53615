#include "sinks/relational/audit_queries.hpp"

#include <vector>

#include <fmt/format.h>

#include "sinks/relational/row_text.hpp"

namespace cellmon::relational {
namespace {

bool is_sqlite(sql::Engine engine) {
    return engine == sql::Engine::sqlite;
}

// In SQLite these are functions of the program's own (sinks/sqlite/words.cpp).

std::string id_word_of(sql::Engine engine, std::string_view bytes) {
    if (is_sqlite(engine)) return fmt::format("id_word({})", bytes);
    return fmt::format("CAST(CAST('x' || encode(substring({}, 1, 8), 'hex') AS BIT(64)) AS BIGINT)",
                       bytes);
}

std::string text_word_of(sql::Engine engine, std::string_view text) {
    if (is_sqlite(engine)) return fmt::format("text_word({})", text);
    return fmt::format(
        "CAST(CAST('x' || encode(substring(sha256(convert_to({}, 'UTF8')), 1, 8), 'hex') AS "
        "BIT(64)) AS BIGINT)",
        text);
}

std::string hex_of(sql::Engine engine, std::string_view bytes) {
    if (is_sqlite(engine)) return fmt::format("lower(hex({}))", bytes);
    return fmt::format("encode({}, 'hex')", bytes);
}

std::string character(sql::Engine engine, char one) {
    return fmt::format("{}({})", is_sqlite(engine) ? "char" : "chr", static_cast<int>(one));
}

/// One text of all columns, as row_text.cpp makes it.
std::string text_of(sql::Engine engine, std::string_view kind,
                    const std::vector<std::string>& columns) {
    const std::string end = character(engine, kColumnEnd);
    const std::string null = character(engine, kNull);
    std::string text = fmt::format("'{}'", kind);
    for (const std::string& column : columns)
        text += fmt::format(" || {} || coalesce(CAST({} AS TEXT), {})", end, column, null);
    return text;
}

constexpr std::string_view kRunBelongs =
    "CASE WHEN x.sequence IS NULL THEN NULL WHEN x.student_id = e.student_id AND x.notebook_id IS "
    "NOT DISTINCT FROM e.notebook_id AND x.cell_id IS NOT DISTINCT FROM e.cell_id AND x.session_id "
    "IS NOT DISTINCT FROM e.session_id AND x.stream_id IS NOT DISTINCT FROM e.stream_id AND "
    "x.stream_number IS NOT DISTINCT FROM e.stream_number THEN 1 ELSE 0 END";

constexpr std::string_view kOthersBelong =
    "CASE WHEN (a.sequence IS NULL OR (a.student_id = e.student_id AND a.notebook_id IS NOT "
    "DISTINCT FROM e.notebook_id AND a.session_id IS NOT DISTINCT FROM e.session_id)) AND "
    "(h.sequence IS NULL OR (h.student_id = e.student_id AND h.notebook_id IS NOT DISTINCT FROM "
    "e.notebook_id AND h.stream_id IS NOT DISTINCT FROM e.stream_id AND h.stream_number IS NOT "
    "DISTINCT FROM e.stream_number)) AND (g.sequence IS NULL OR (g.student_id = e.student_id AND "
    "g.notebook_id IS NOT DISTINCT FROM e.notebook_id)) THEN 1 ELSE 0 END";

/// PostgreSQL's index is that of the column itself.
std::string index_of(sql::Engine engine) {
    if (!is_sqlite(engine)) return "'1:' || e.sequence";
    return "(SELECT count(*) || ':' || sum(i.sequence) FROM (SELECT sequence FROM event_ids WHERE "
           "event_id = e.event_id UNION ALL SELECT sequence FROM recent_event_ids WHERE event_id = "
           "e.event_id) AS i)";
}

std::string event_columns(sql::Engine engine) {
    std::vector<std::string> columns{hex_of(engine, "e.event_id")};
    for (const std::string_view column :
         {"e.received_us",   "e.content_hash",    "e.event_type",    "e.event_time_us",
          "e.clock_bad",     "s.email",           "n.path",          "c.cell_id",
          "o.session_id",    "t.stream_id",       "e.stream_number", "e.class_code",
          "x.status",        "x.execution_count", "x.duration_us",   "x.started_us",
          "x.finished_us",   "x.executed_us",     "x.cell_index",    "x.cell_type",
          "x.cell_key",      "x.error_name",      "x.output_bytes",  "x.output_sha256",
          "x.error_message", "x.result",          "x.output",        "x.traceback",
          "x.code_content"}) {
        columns.emplace_back(column);
    }
    columns.emplace_back(kRunBelongs);
    for (const std::string_view column : {"a.action", "a.accessed_us", "h.is_on", "h.asked_us",
                                          "h.note", "g.kind", "g.value", "g.at_us"}) {
        columns.emplace_back(column);
    }
    columns.emplace_back(kOthersBelong);
    columns.push_back(index_of(engine));
    return text_of(engine, "event", columns);
}

constexpr std::string_view kEventsWithDetails =
    "events e LEFT JOIN students s ON s.id = e.student_id LEFT JOIN notebooks n ON n.id = "
    "e.notebook_id LEFT JOIN cells c ON c.id = e.cell_id LEFT JOIN sessions o ON o.first_sequence "
    "= e.session_id LEFT JOIN streams t ON t.first_sequence = e.stream_id LEFT JOIN "
    "cell_executions x ON x.sequence = e.sequence LEFT JOIN notebook_accesses a ON a.sequence = "
    "e.sequence LEFT JOIN help_signals h ON h.sequence = e.sequence LEFT JOIN student_signals g ON "
    "g.sequence = e.sequence";

/// Where the rows are, what their id is called, and the text of all that they say.
struct Rows {
    std::string from;
    std::string_view id;
    std::string text;
};

Rows rows_of(sql::Engine engine, EntryTable table) {
    if (table == EntryTable::events) {
        return {std::string(kEventsWithDetails), "event_id", event_columns(engine)};
    }
    const std::string payload = hex_of(engine, "e.payload");
    if (table == EntryTable::dead_letters) {
        return {"dead_letters e", "event_id",
                text_of(engine, "dead letter",
                        {hex_of(engine, "e.event_id"), "e.received_us", "e.content_hash",
                         "e.payload_crc32c", payload})};
    }
    return {"quarantine e", "item_id",
            text_of(engine, "quarantine",
                    {hex_of(engine, "e.item_id"), "e.received_us", "e.content_hash", payload})};
}

/// `rows` has the columns sequence, m and k, whose sum is the mark. Materialized, so that a mark is
/// made once for all of its sums.
std::string sums_of(std::string_view rows) {
    return fmt::format(
        "WITH marked AS MATERIALIZED ({}), halves AS MATERIALIZED (SELECT (sequence - ?1) / ?2 AS "
        "r, (sequence - ?1) % ?2 AS w, (m & 4294967295) + (k & 4294967295) AS lo, ((m >> 32) & "
        "4294967295) + ((k >> 32) & 4294967295) AS hi FROM marked) SELECT r, count(*), CAST("
        "sum(lo) AS BIGINT), CAST(sum(hi) AS BIGINT), CAST(sum(lo * w) AS BIGINT), CAST(sum(hi * "
        "w) AS BIGINT) FROM halves GROUP BY r",
        rows);
}

}  // namespace

std::string quick_sums(sql::Engine engine, EntryTable table) {
    const Rows rows = rows_of(engine, table);
    const std::string name = table == EntryTable::events ? "events e" : rows.from;
    return sums_of(fmt::format(
        "SELECT e.sequence, e.content_hash AS m, {} AS k FROM {} WHERE e.sequence >= ?1 AND "
        "e.sequence < ?3",
        id_word_of(engine, fmt::format("e.{}", rows.id)), name));
}

std::string deep_sums(sql::Engine engine, EntryTable table) {
    const Rows rows = rows_of(engine, table);
    return sums_of(fmt::format(
        "SELECT e.sequence, {} AS m, CAST(0 AS BIGINT) AS k FROM {} WHERE e.sequence >= ?1 AND "
        "e.sequence < ?3",
        text_word_of(engine, rows.text), rows.from));
}

std::string detail_sums(std::string_view table) {
    const std::string_view duration =
        table == "cell_executions" ? "CAST(coalesce(sum(duration_us), 0) AS BIGINT)" : "0";
    return fmt::format(
        "SELECT (sequence - ?1) / ?2 AS r, count(*), {} FROM {} WHERE sequence >= ?1 AND sequence "
        "< ?3 GROUP BY r",
        duration, table);
}

std::string marked_rows(sql::Engine engine) {
    std::string all;
    for (const EntryTable table : kEntryTables) {
        const Rows rows = rows_of(engine, table);
        all += fmt::format(
            "SELECT e.sequence AS sequence, e.{} AS id, {} AS mark FROM {} WHERE e.sequence >= ?1 "
            "AND e.sequence < ?2 UNION ALL ",
            rows.id, text_word_of(engine, rows.text), rows.from);
    }
    std::string details;
    for (const std::string_view table : kDetailTables) {
        details += fmt::format("{}SELECT sequence FROM {} WHERE sequence >= ?1 AND sequence < ?2",
                               details.empty() ? "" : " UNION ", table);
    }
    return all + fmt::format(
                     "SELECT d.sequence, NULL, 0 FROM ({}) AS d WHERE NOT EXISTS (SELECT 1 FROM "
                     "events e WHERE e.sequence = d.sequence) ORDER BY 1 LIMIT ?3",
                     details);
}

}  // namespace cellmon::relational
