#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "harness/audit/event_table.hpp"
#include "harness/plan/row_store.hpp"

namespace cellmon::harness::plan {
namespace {

namespace fs = std::filesystem;

struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// The numbers in the first row of a statement.
Result<std::vector<std::int64_t>> numbers(const std::string& path, const std::string& statement) {
    const auto wrong = [&](sqlite3* database) {
        return fail(ErrorCode::unavailable, fmt::format("{}: {}", path, sqlite3_errmsg(database)));
    };
    sqlite3* opened = nullptr;
    const int state =
        sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    const std::unique_ptr<sqlite3, Closer> database(opened);
    if (state != SQLITE_OK) return wrong(opened);
    sqlite3_busy_timeout(opened, 5'000);
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(opened, statement.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
        return wrong(opened);
    const std::unique_ptr<sqlite3_stmt, Closer> run(prepared);
    if (sqlite3_step(prepared) != SQLITE_ROW) return wrong(opened);
    std::vector<std::int64_t> found;
    for (int column = 0; column < sqlite3_column_count(prepared); ++column)
        found.push_back(sqlite3_column_int64(prepared, column));
    return found;
}

class SqliteRows final : public RowStore {
  public:
    explicit SqliteRows(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] std::string_view name() const override { return "SQLite"; }

    Result<std::uint64_t> position() override { return table_cursor(path_); }

    Result<void> visit(std::uint64_t after, std::uint64_t through, const Visit& visit) override {
        return read_event_table(path_, through, [&](const StoredRow& row) {
            if (row.sequence > after) visit(row, nullptr);
        });
    }

    Result<StoreTotals> totals() override {
        CELLMON_TRY_ASSIGN(
            const auto found,
            numbers(path_,
                    "SELECT count(DISTINCT student_id), count(*), (SELECT "
                    "coalesce(sum(duration_us), 0) FROM cell_executions) FROM events"));
        return StoreTotals{static_cast<std::uint64_t>(found[0]),
                           static_cast<std::uint64_t>(found[1]),
                           static_cast<double>(found[2]) / 1e6};
    }

  private:
    const std::string path_;
};

class CopiedSqliteRows final : public RowStore {
  public:
    CopiedSqliteRows(std::string path, std::string folder)
        : path_(std::move(path)), folder_(std::move(folder)), copy_(folder_ + "/relational.db") {}
    ~CopiedSqliteRows() override {
        std::error_code error;
        fs::remove_all(folder_, error);
    }
    CopiedSqliteRows(const CopiedSqliteRows&) = delete;
    CopiedSqliteRows& operator=(const CopiedSqliteRows&) = delete;

    [[nodiscard]] std::string_view name() const override { return "SQLite"; }

    Result<std::uint64_t> position() override {
        CELLMON_TRY(copy());
        return table_cursor(copy_);
    }
    Result<void> visit(std::uint64_t after, std::uint64_t through, const Visit& visit) override {
        CELLMON_TRY(copy());
        return SqliteRows(copy_).visit(after, through, visit);
    }
    Result<StoreTotals> totals() override {
        CELLMON_TRY(copy());
        return SqliteRows(copy_).totals();
    }

  private:
    /// While the server writes a copy may be torn; then it does not read, and the next one may.
    Result<void> copy() const {
        std::error_code error;
        fs::remove_all(folder_, error);
        fs::create_directories(folder_, error);
        fs::copy_file(path_, copy_, error);
        if (error) return fail(ErrorCode::unavailable, path_ + ": " + error.message());
        fs::copy_file(path_ + "-wal", copy_ + "-wal", error);
        return {};
    }

    const std::string path_;
    const std::string folder_;
    const std::string copy_;
};

class SqliteClassroom final : public ClassroomRows {
  public:
    explicit SqliteClassroom(std::string path) : path_(std::move(path)) {}

    Result<std::int64_t> number(const std::string& statement) override {
        CELLMON_TRY_ASSIGN(const auto found, numbers(path_, statement));
        return found.at(0);
    }

  private:
    const std::string path_;
};

}  // namespace

std::unique_ptr<RowStore> sqlite_rows(std::string path) {
    return std::make_unique<SqliteRows>(std::move(path));
}

std::unique_ptr<RowStore> copied_sqlite_rows(std::string path, std::string folder) {
    return std::make_unique<CopiedSqliteRows>(std::move(path), std::move(folder));
}

std::unique_ptr<ClassroomRows> sqlite_classroom(std::string path) {
    return std::make_unique<SqliteClassroom>(std::move(path));
}

}  // namespace cellmon::harness::plan
