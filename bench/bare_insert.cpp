// The limit of the relational projection: prepared INSERTs of finished rows, in transactions of
// BATCH events, into an empty copy of a projection's schema. Uses nothing of src/.
//
//     bench_bare_insert SOURCE.db TARGET.db BATCH MEASURED
//
// The rows come from SOURCE.db in sequence order; all are inserted, the last MEASURED events are
// measured. Reading them is not. Only the tables with one row an event are filled: what the
// projection has to look up or to update besides is its own cost. Prints JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <sqlite3.h>
#include <sys/resource.h>

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void check(sqlite3* database, int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
    std::exit(1);
}

void run(sqlite3* database, const std::string& sql) {
    check(database, sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr));
}

sqlite3_stmt* prepare(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    check(database, sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr));
    return statement;
}

/// One table: its rows of a range of sequences, and how to insert one.
struct Table {
    sqlite3_stmt* read;
    sqlite3_stmt* insert;
    int columns;
    std::vector<sqlite3_value*> values;  // Of the rows of one batch, row by row.
};

Table make_table(sqlite3* source, sqlite3* target, const std::string& name) {
    // The ids stand in `events` as well, where a range of sequences is found without an index.
    const std::string rows =
        name == "event_ids" ? "event_id, sequence FROM events" : "* FROM " + name;
    Table table{};
    table.read =
        prepare(source, "SELECT " + rows + " WHERE sequence BETWEEN ? AND ? ORDER BY sequence");
    table.columns = sqlite3_column_count(table.read);
    std::string places = "?";
    for (int i = 1; i < table.columns; ++i)
        places += ",?";
    table.insert = prepare(target, "INSERT INTO " + name + " VALUES (" + places + ")");
    return table;
}

void load(sqlite3* source, Table& table, sqlite3_int64 first, sqlite3_int64 last) {
    for (sqlite3_value* value : table.values)
        sqlite3_value_free(value);
    table.values.clear();
    sqlite3_bind_int64(table.read, 1, first);
    sqlite3_bind_int64(table.read, 2, last);
    int code = 0;
    while ((code = sqlite3_step(table.read)) == SQLITE_ROW) {
        for (int i = 0; i < table.columns; ++i)
            table.values.push_back(sqlite3_value_dup(sqlite3_column_value(table.read, i)));
    }
    check(source, code);
    sqlite3_reset(table.read);
}

void insert(sqlite3* target, Table& table) {
    for (std::size_t at = 0; at < table.values.size();) {
        for (int i = 1; i <= table.columns; ++i)
            sqlite3_bind_value(table.insert, i, table.values[at++]);
        check(target, sqlite3_step(table.insert));
        sqlite3_reset(table.insert);
    }
}

sqlite3_int64 number(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = prepare(database, sql);
    check(database, sqlite3_step(statement));
    const sqlite3_int64 value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void copy_schema(sqlite3* source, sqlite3* target) {
    sqlite3_stmt* statement = prepare(
        source, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'");
    while (sqlite3_step(statement) == SQLITE_ROW)
        run(target, reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const sqlite3_int64 batch = std::atoll(argv[3]);
    const sqlite3_int64 measured = std::atoll(argv[4]);
    sqlite3* source = nullptr;
    sqlite3* target = nullptr;
    check(source, sqlite3_open(argv[1], &source));
    check(target, sqlite3_open(argv[2], &target));
    // As the projection sets them (src/sinks/sqlite/README.md).
    run(target, "PRAGMA page_size=" + std::to_string(number(source, "PRAGMA page_size")) +
                    ";PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-32768");
    copy_schema(source, target);

    std::vector<Table> tables;
    for (const char* name : {"events", "event_ids", "cell_executions", "notebook_accesses",
                             "help_signals", "student_signals"}) {
        if (number(source, "SELECT count(*) FROM sqlite_master WHERE name = '" + std::string(name) +
                               "'") > 0) {
            tables.push_back(make_table(source, target, name));
        }
    }
    const sqlite3_int64 last = number(source, "SELECT max(sequence) FROM events");
    double wall = 0;
    double used = 0;
    sqlite3_int64 events = 0;
    for (sqlite3_int64 first = 1; first <= last; first += batch) {
        for (Table& table : tables)
            load(source, table, first, first + batch - 1);
        const double begin = now();
        const double cpu_begin = cpu();
        run(target, "BEGIN");
        for (Table& table : tables)
            insert(target, table);
        run(target, "COMMIT");
        if (first + batch <= last - measured) continue;
        wall += now() - begin;
        used += cpu() - cpu_begin;
        events += std::min(batch, last - first + 1);
    }
    std::printf("{\"events_per_s\": %.1f, \"cpu_us\": %.3f, \"rows\": %lld}\n",
                static_cast<double>(events) / wall, used / static_cast<double>(events) * 1e6, last);
}
