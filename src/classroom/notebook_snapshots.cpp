#include "classroom/notebook_snapshots.hpp"

#include <unordered_map>

#include "classroom/packed_text.hpp"
#include "event/text.hpp"
#include "sql/conditions.hpp"
#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

using sql::ManyRows;
using sql::Type;
using sql::Value;

constexpr std::string_view kSelectNotebookSnapshots =
    "SELECT s.id, s.snapshot_id, s.history_id, s.header, s.author_id, s.author_name, s.created_us, "
    "s.total_cells, s.total_lines, s.total_characters, s.code_cells, s.markdown_cells, "
    "s.execution_count, s.last_execution_us FROM notebook_snapshots s";

Snapshot snapshot_of(const sql::Row& row) {
    return {row.integer(0),
            row.text(1),
            row.integer(2),
            row.text(3),
            {row.text(4), row.text(5)},
            row.integer(6),
            row.integer(7),
            row.integer(8),
            row.integer(9),
            row.integer(10),
            row.integer(11),
            row.integer(12),
            row.optional_integer(13)};
}

Result<std::optional<Snapshot>> select_snapshot(sql::Connection& connection,
                                                const sql::Conditions& conditions) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectNotebookSnapshots, "", {}));
    if (rows.empty()) return std::nullopt;
    return snapshot_of(rows.front());
}

/// The column of a content, with that of its packed form behind it.
Result<std::string> content_at(const sql::Row& row, std::size_t column) {
    if (!row.is_null(column + 1)) return unpacked(row.bytes(column + 1));
    return row.text(column);
}

using Ids = std::unordered_map<std::string, std::int64_t>;  // Of contents, by hash.

Result<void> find_ids(sql::Connection& connection, std::span<const std::string> hashes, Ids& ids) {
    static const ManyRows kFind("SELECT c.content_hash, c.id FROM (", {Type::text},
                                ") AS v JOIN notebook_contents c ON c.content_hash = v.column1");
    if (hashes.empty()) return {};
    const std::vector<Value> values(hashes.begin(), hashes.end());
    CELLMON_TRY_ASSIGN(const auto rows, kFind.run(connection, values));
    for (const sql::Row& row : rows.rows)
        ids.emplace(row.text(0), row.integer(1));
    return {};
}

Result<void> store_missing(sql::Connection& connection,
                           const std::unordered_map<std::string, const notebook::Content*>& made,
                           Ids& ids) {
    static const ManyRows kStore(
        "INSERT INTO notebook_contents (content_hash, content, packed, byte_count, cell_type, "
        "line_count, character_count, executed_us, execution_count) SELECT column1, column2, "
        "column3, column4, column5, column6, column7, column8, column9 FROM (",
        {Type::text, Type::text, Type::bytes, Type::integer, Type::text, Type::integer,
         Type::integer, Type::integer, Type::integer},
        ") AS v RETURNING content_hash, id");
    std::vector<Value> values;
    for (const auto& [hash, content] : made) {
        if (ids.contains(hash)) continue;
        auto bytes = packed(content->json);
        values.emplace_back(hash);
        values.emplace_back(bytes ? std::string() : content->json);
        values.push_back(bytes ? Value(sql::Bytes{std::move(*bytes)}) : Value());
        values.emplace_back(content->json.size());
        values.push_back(content->cell_type.empty() ? Value() : Value(content->cell_type));
        values.emplace_back(content->line_count);
        values.emplace_back(content->character_count);
        values.emplace_back(content->executed_us);
        values.emplace_back(content->execution_count);
    }
    if (values.empty()) return {};
    CELLMON_TRY_ASSIGN(const auto rows, kStore.run(connection, values));
    for (const sql::Row& row : rows.rows)
        ids.emplace(row.text(0), row.integer(1));
    return {};
}

/// What is to be stored of a notebook, wherever it comes from.
struct Draft {
    std::string_view header;
    std::vector<notebook::CellRef> cells = {};
    std::unordered_map<std::string, const notebook::Content*> made = {};  ///< By hash.
};

std::string hash_of(std::int64_t history_id, const Draft& draft) {
    std::string text = std::to_string(history_id);
    (text += '\n') += draft.header;
    for (const notebook::CellRef& cell : draft.cells) {
        for (const std::string* part : {&cell.id, &cell.content, &cell.result})
            (text += '\n') += *part;
    }
    return event::sha256_hex(text);
}

Result<void> store_cells(sql::Connection& connection, std::int64_t id, const Draft& draft) {
    static const ManyRows kStore(
        "INSERT INTO notebook_snapshot_cells (snapshot_id, place, cell_id, content_id, result_id) "
        "SELECT $1, column1, column2, column3, column4 FROM (",
        {Type::integer, Type::text, Type::integer, Type::integer}, ") AS v", 1);
    if (draft.cells.empty()) return {};
    std::vector<std::string> hashes;
    for (const notebook::CellRef& cell : draft.cells) {
        hashes.push_back(cell.content);
        if (!cell.result.empty()) hashes.push_back(cell.result);
    }
    Ids ids;
    CELLMON_TRY(find_ids(connection, hashes, ids));
    CELLMON_TRY(store_missing(connection, draft.made, ids));
    std::vector<Value> values;
    values.reserve(4 * draft.cells.size());
    for (std::size_t place = 0; place < draft.cells.size(); ++place) {
        const notebook::CellRef& cell = draft.cells[place];
        values.emplace_back(place);
        values.emplace_back(cell.id);
        values.emplace_back(ids.at(cell.content));
        values.push_back(cell.result.empty() ? Value() : Value(ids.at(cell.result)));
    }
    const std::vector<Value> common{id};
    CELLMON_TRY(kStore.run(connection, values, common));
    return {};
}

Result<Snapshot> store(sql::Connection& connection, std::int64_t history_id, const Draft& draft,
                       const Author& author, TimeUs now) {
    constexpr std::size_t kIdCharacters = 16;  // As the contract has them.
    const std::string hash = hash_of(history_id, draft);
    const std::string snapshot_id = hash.substr(0, kIdCharacters);
    sql::Conditions same;
    same.add("s.snapshot_id = ?", snapshot_id);
    same.add("s.content_hash = ?", hash);
    CELLMON_TRY_ASSIGN(auto known, select_snapshot(connection, same));
    if (known) return std::move(*known);
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO notebook_snapshots (snapshot_id, history_id, content_hash, "
                       "header, author_id, author_name, created_us) VALUES ($1, $2, $3, $4, $5, "
                       "$6, $7) RETURNING id",
                       snapshot_id, history_id, hash, draft.header, author.id, author.name, now));
    const std::int64_t id = rows.front().integer(0);
    CELLMON_TRY(store_cells(connection, id, draft));
    // sum() of BIGINT is NUMERIC in PostgreSQL.
    CELLMON_TRY(connection.run(
        "UPDATE notebook_snapshots SET (total_cells, total_lines, total_characters, code_cells, "
        "markdown_cells, execution_count, last_execution_us) = (SELECT count(*), "
        "CAST(coalesce(sum(t.line_count), 0) AS BIGINT), "
        "CAST(coalesce(sum(t.character_count), 0) AS BIGINT), "
        "count(*) FILTER (WHERE t.cell_type = 'code'), "
        "count(*) FILTER (WHERE t.cell_type = 'markdown'), "
        "coalesce(max(r.execution_count), 0), max(t.executed_us) FROM notebook_snapshot_cells c "
        "JOIN notebook_contents t ON t.id = c.content_id LEFT JOIN notebook_contents r ON r.id = "
        "c.result_id WHERE c.snapshot_id = $1) WHERE id = $1",
        id));
    CELLMON_TRY_ASSIGN(auto stored, find_snapshot(connection, id));
    return std::move(*stored);
}

}  // namespace

Result<Snapshot> take_snapshot(sql::Connection& connection, std::int64_t history_id,
                               const notebook::Notebook& notebook, const Author& author,
                               TimeUs now) {
    Draft draft{.header = notebook.header};
    for (const notebook::Cell& cell : notebook.cells) {
        draft.made.emplace(cell.content.hash, &cell.content);
        if (cell.result) draft.made.emplace(cell.result->hash, &*cell.result);
        draft.cells.push_back({cell.id, cell.content.hash, cell.result ? cell.result->hash : "",
                               cell.content.line_count});
    }
    return store(connection, history_id, draft, author, now);
}

Result<Snapshot> take_snapshot(sql::Connection& connection, std::int64_t history_id,
                               const notebook::Merge& merged, const Author& author, TimeUs now) {
    Draft draft{.header = merged.header};
    for (const notebook::MergedCell& cell : merged.cells) {
        if (cell.made) draft.made.emplace(cell.made->hash, &*cell.made);
        draft.cells.push_back(cell.ref);
    }
    return store(connection, history_id, draft, author, now);
}

Result<std::int64_t> bytes_of(sql::Connection& connection, const Snapshot& snapshot) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT CAST(coalesce(sum(coalesce(t.byte_count, length(t.content)) + "
                       "coalesce(r.byte_count, length(r.content), 0)), 0) AS BIGINT) FROM "
                       "notebook_snapshot_cells c JOIN notebook_contents t ON t.id = c.content_id "
                       "LEFT JOIN notebook_contents r ON r.id = c.result_id WHERE c.snapshot_id = "
                       "$1",
                       snapshot.id));
    return rows.front().integer(0) + static_cast<std::int64_t>(snapshot.header.size());
}

Result<std::int64_t> count_snapshots(sql::Connection& connection, std::int64_t history_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT count(*) FROM notebook_snapshots WHERE history_id = $1",
                       history_id));
    return rows.front().integer(0);
}

Result<std::optional<Snapshot>> find_snapshot(sql::Connection& connection,
                                              std::string_view snapshot_id) {
    sql::Conditions conditions;
    conditions.add("s.snapshot_id = ?", snapshot_id);
    return select_snapshot(connection, conditions);
}

Result<std::optional<Snapshot>> find_snapshot(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("s.id = ?", id);
    return select_snapshot(connection, conditions);
}

Result<std::vector<Snapshot>> snapshots_of(sql::Connection& connection,
                                           std::span<const std::int64_t> ids) {
    static const ManyRows kFind(std::string(kSelectNotebookSnapshots) + " JOIN (", {Type::integer},
                                ") AS v ON v.column1 = s.id");
    std::vector<Snapshot> snapshots;
    if (ids.empty()) return snapshots;
    const std::vector<Value> values(ids.begin(), ids.end());
    CELLMON_TRY_ASSIGN(const auto rows, kFind.run(connection, values));
    for (const sql::Row& row : rows.rows)
        snapshots.push_back(snapshot_of(row));
    return snapshots;
}

Result<notebook::NotebookRef> notebook_of(sql::Connection& connection, const Snapshot& snapshot) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT c.cell_id, t.content_hash, r.content_hash, t.line_count FROM "
                       "notebook_snapshot_cells c JOIN notebook_contents t ON t.id = c.content_id "
                       "LEFT JOIN notebook_contents r ON r.id = c.result_id WHERE c.snapshot_id = "
                       "$1 ORDER BY c.place",
                       snapshot.id));
    notebook::NotebookRef notebook;
    notebook.header = snapshot.header;
    notebook.cells.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        notebook.cells.push_back(
            {row.text(0), row.text(1), row.optional_text(2).value_or(""), row.integer(3)});
    }
    return notebook;
}

Result<std::vector<StoredCell>> cells_of(sql::Connection& connection, const Snapshot& snapshot) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run(
            "SELECT c.cell_id, t.line_count, t.character_count, t.content, t.packed, r.content, "
            "r.packed FROM notebook_snapshot_cells c JOIN notebook_contents t ON t.id = "
            "c.content_id LEFT JOIN notebook_contents r ON r.id = c.result_id WHERE c.snapshot_id "
            "= $1 ORDER BY c.place",
            snapshot.id));
    std::vector<StoredCell> cells;
    cells.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows) {
        StoredCell& cell = cells.emplace_back();
        cell.id = row.text(0);
        cell.line_count = row.integer(1);
        cell.character_count = row.integer(2);
        CELLMON_TRY_ASSIGN(cell.content, content_at(row, 3));
        const bool has_result = !row.is_null(5);
        if (has_result) {
            CELLMON_TRY_ASSIGN(cell.result, content_at(row, 5));
        }
    }
    return cells;
}

Result<notebook::Contents> contents_of(sql::Connection& connection,
                                       std::span<const std::string> hashes) {
    static const ManyRows kRead("SELECT c.content_hash, c.content, c.packed FROM (", {Type::text},
                                ") AS v JOIN notebook_contents c ON c.content_hash = v.column1");
    notebook::Contents contents;
    if (hashes.empty()) return contents;
    const std::vector<Value> values(hashes.begin(), hashes.end());
    CELLMON_TRY_ASSIGN(const auto rows, kRead.run(connection, values));
    for (const sql::Row& row : rows.rows) {
        CELLMON_TRY_ASSIGN(const std::string content, content_at(row, 1));
        contents.emplace(row.text(0), notebook::parse_content(content));
    }
    return contents;
}

}  // namespace cellmon::classroom
