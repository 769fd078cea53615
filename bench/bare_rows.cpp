// The limit of many submissions in one request: the same finished rows into the same table of the
// same database, with its keys, checks and indexes. Uses nothing of src/.
//
//     bench_bare_rows sqlite FILE COUNT       a loop of one prepared INSERT, in one transaction
//     bench_bare_rows postgres URL COUNT      one COPY, in one transaction
//
// The rows are the newest COUNT ones: they are read and deleted, which is not measured, and go in
// again, from the begin of the transaction to its commit. Prints JSON.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>
#include <sqlite3.h>

namespace {

constexpr const char* kNewest = "assignment_submissions ORDER BY id DESC LIMIT ";

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

[[noreturn]] void give_up(const char* why) {
    std::fprintf(stderr, "bench_bare_rows: %s\n", why);
    std::exit(1);
}

void check(sqlite3* database, int code) {
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        give_up(sqlite3_errmsg(database));
}

void run(sqlite3* database, const std::string& sql) {
    check(database, sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr));
}

sqlite3_stmt* prepare(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    check(database, sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr));
    return statement;
}

double into_sqlite(const char* path, const std::string& count) {
    sqlite3* database = nullptr;
    check(database, sqlite3_open(path, &database));
    // As the server sets them (src/sql/sqlite_connection.cpp).
    run(database, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    sqlite3_busy_timeout(database, 10'000);
    sqlite3_stmt* read = prepare(database, "SELECT * FROM " + (kNewest + count));
    const int columns = sqlite3_column_count(read);
    std::vector<sqlite3_value*> values;
    while (sqlite3_step(read) == SQLITE_ROW) {
        for (int i = 0; i < columns; ++i)
            values.push_back(sqlite3_value_dup(sqlite3_column_value(read, i)));
    }
    sqlite3_finalize(read);
    run(database, "DELETE FROM assignment_submissions WHERE id IN (SELECT id FROM " +
                      (kNewest + count) + ")");

    std::string places = "?";
    for (int i = 1; i < columns; ++i)
        places += ",?";
    const double begin = now();
    run(database, "BEGIN IMMEDIATE");
    sqlite3_stmt* insert =
        prepare(database, "INSERT INTO assignment_submissions VALUES (" + places + ")");
    for (std::size_t at = 0; at < values.size();) {
        for (int i = 1; i <= columns; ++i)
            sqlite3_bind_value(insert, i, values[at++]);
        check(database, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    run(database, "COMMIT");
    const double seconds = now() - begin;

    sqlite3_finalize(insert);
    for (sqlite3_value* value : values)
        sqlite3_value_free(value);
    sqlite3_close(database);
    return seconds;
}

void run(PGconn* connection, const std::string& sql, ExecStatusType expected) {
    PGresult* result = PQexec(connection, sql.c_str());
    if (PQresultStatus(result) != expected) give_up(PQerrorMessage(connection));
    PQclear(result);
}

/// What is left of the command that a COPY was.
void end_copy(PGconn* connection) {
    while (PGresult* result = PQgetResult(connection)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) give_up(PQerrorMessage(connection));
        PQclear(result);
    }
}

double into_postgres(const char* url, const std::string& count) {
    PGconn* connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK) give_up(PQerrorMessage(connection));
    std::string rows;
    run(connection, "COPY (SELECT * FROM " + (kNewest + count) + ") TO STDOUT", PGRES_COPY_OUT);
    char* line = nullptr;
    for (int size = 0; (size = PQgetCopyData(connection, &line, 0)) > 0; PQfreemem(line))
        rows.append(line, static_cast<std::size_t>(size));
    end_copy(connection);
    run(connection,
        "DELETE FROM assignment_submissions WHERE id IN (SELECT id FROM " + (kNewest + count) + ")",
        PGRES_COMMAND_OK);

    const double begin = now();
    run(connection, "BEGIN", PGRES_COMMAND_OK);
    run(connection, "COPY assignment_submissions FROM STDIN", PGRES_COPY_IN);
    if (PQputCopyData(connection, rows.data(), static_cast<int>(rows.size())) != 1 ||
        PQputCopyEnd(connection, nullptr) != 1) {
        give_up(PQerrorMessage(connection));
    }
    end_copy(connection);
    run(connection, "COMMIT", PGRES_COMMAND_OK);
    const double seconds = now() - begin;
    PQfinish(connection);
    return seconds;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const bool sqlite = std::string_view(argv[1]) == "sqlite";
    const double seconds = sqlite ? into_sqlite(argv[2], argv[3]) : into_postgres(argv[2], argv[3]);
    std::printf("{\"seconds\": %.6f}\n", seconds);
}
