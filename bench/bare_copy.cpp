// The limit of the relational projection in PostgreSQL: plain COPY of the finished rows into empty
// tables with the same keys and indexes. Uses nothing of src/.
//
//     bench_bare_copy URL SOURCE TARGET FORMAT
//
// All rows of all tables of schema SOURCE are read, which is not measured, and go into the tables
// of schema TARGET that are named alike: one COPY a table, all in one transaction, from its begin
// to the answer to its commit. FORMAT is text or binary. Prints JSON: the seconds, and those of CPU
// that PostgreSQL's process, which must be of this machine, took.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>
#include <unistd.h>

namespace {

/// How much is handed over at a time.
constexpr std::size_t kPiece = 64U << 10U;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Of a process.
double cpu(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string ignored;
    for (int i = 0; i < 11; ++i)
        fields >> ignored;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

[[noreturn]] void give_up(const PGconn* connection) {
    std::fprintf(stderr, "bench_bare_copy: %s\n", PQerrorMessage(connection));
    std::exit(1);
}

PGresult* run(PGconn* connection, const std::string& sql, ExecStatusType expected) {
    PGresult* result = PQexec(connection, sql.c_str());
    if (PQresultStatus(result) != expected) give_up(connection);
    return result;
}

/// What is left of the command that a COPY was.
void end_copy(PGconn* connection) {
    while (PGresult* result = PQgetResult(connection)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) give_up(connection);
        PQclear(result);
    }
}

std::string read(PGconn* connection, const std::string& copy) {
    PQclear(run(connection, copy, PGRES_COPY_OUT));
    std::string rows;
    char* row = nullptr;
    for (int size = 0; (size = PQgetCopyData(connection, &row, 0)) > 0; PQfreemem(row))
        rows.append(row, static_cast<std::size_t>(size));
    end_copy(connection);
    return rows;
}

void write(PGconn* connection, const std::string& copy, const std::string& rows) {
    PQclear(run(connection, copy, PGRES_COPY_IN));
    for (std::size_t at = 0; at < rows.size(); at += kPiece) {
        const auto size = static_cast<int>(std::min(kPiece, rows.size() - at));
        if (PQputCopyData(connection, rows.data() + at, size) != 1) give_up(connection);
    }
    if (PQputCopyEnd(connection, nullptr) != 1) give_up(connection);
    end_copy(connection);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    PGconn* connection = PQconnectdb(argv[1]);
    if (PQstatus(connection) != CONNECTION_OK) give_up(connection);
    const std::string source = argv[2];
    const std::string target = argv[3];
    const std::string format = std::string(" (FORMAT ") + argv[4] + ")";

    PGresult* names = run(
        connection,
        "SELECT tablename FROM pg_tables WHERE schemaname = '" + target + "' ORDER BY tablename",
        PGRES_TUPLES_OK);
    std::vector<std::pair<std::string, std::string>> tables;  // Name and rows.
    for (int i = 0; i < PQntuples(names); ++i) {
        const std::string name = PQgetvalue(names, i, 0);
        tables.emplace_back(target + "." + name, read(connection, "COPY " + source + "." + name +
                                                                      " TO STDOUT" + format));
    }
    PQclear(names);

    const int pid = PQbackendPID(connection);
    const double cpu_begin = cpu(pid);
    const double begin = now();
    PQclear(run(connection, "BEGIN", PGRES_COMMAND_OK));
    for (const auto& [name, rows] : tables)
        write(connection, "COPY " + name + " FROM STDIN" + format, rows);
    PQclear(run(connection, "COMMIT", PGRES_COMMAND_OK));
    const double seconds = now() - begin;
    const double used = cpu(pid) - cpu_begin;
    PQfinish(connection);
    std::printf("{\"seconds\": %.6f, \"cpu\": %.6f}\n", seconds, used);
}
