#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "backup/classroom_rows.hpp"
#include "backup/classroom_tables.hpp"
#include "backup/postgres_session.hpp"
#include "backup/row_frames.hpp"
#include "classroom/schema.hpp"

namespace cellmon::backup {
namespace {

/// Rows of COPY that become one frame.
constexpr std::size_t kRowsFrameBytes = 256U << 10U;

class PostgresPicture final : public ClassroomPicture {
  public:
    PostgresPicture(PostgresSession session, std::uint64_t version)
        : session_(std::move(session)), version_(version) {}

    [[nodiscard]] std::uint64_t schema_version() const override { return version_; }

    Result<void> write(PartWriter& into, Work& work) override {
        CELLMON_TRY(into.write(kTablesMagic));
        for (const std::string& table : tables_of(classroom::schema().first(version_)))
            CELLMON_TRY(write_table(table, into, work));
        CELLMON_TRY(into.write(bytes_of({})));
        return session_.run("COMMIT");
    }

  private:
    Result<void> write_table(const std::string& table, PartWriter& into, Work& work) {
        CELLMON_TRY_ASSIGN(
            const auto columns,
            session_.query(fmt::format(
                "SELECT column_name, is_identity FROM information_schema.columns WHERE "
                "table_schema = current_schema() AND table_name = {} ORDER BY ordinal_position",
                session_.literal(table))));
        if (columns.empty()) {
            return fail(ErrorCode::corrupt,
                        fmt::format("the classroom's database lacks its table {}", table));
        }
        std::string names;
        std::string counted;
        for (const auto& column : columns) {
            if (!names.empty()) names += ", ";
            names += session_.name(column[0]);
            if (column[1] == "YES") counted = column[0];
        }
        CELLMON_TRY(into.write(bytes_of({FrameKind::table, table, names, {}})));
        std::string rows;
        const auto put = [&]() -> Result<void> {
            work.total += rows.size();
            CELLMON_TRY(into.write(bytes_of({FrameKind::rows, rows, {}, {}})));
            const std::size_t size = std::exchange(rows, {}).size();
            return work.add(size);
        };
        CELLMON_TRY(
            session_.copy_out(fmt::format("COPY {} ({}) TO STDOUT", session_.name(table), names),
                              [&](std::string_view row) -> Result<void> {
                                  rows += row;
                                  return rows.size() < kRowsFrameBytes ? Result<void>() : put();
                              }));
        if (!rows.empty()) CELLMON_TRY(put());
        return counted.empty() ? Result<void>() : write_counter(table, counted, into);
    }

    /// An id that was given once is not given again, also when its row is gone.
    Result<void> write_counter(const std::string& table, const std::string& column,
                               PartWriter& into) {
        CELLMON_TRY_ASSIGN(const auto name,
                           session_.query(fmt::format("SELECT pg_get_serial_sequence({}, {})",
                                                      session_.literal(session_.name(table)),
                                                      session_.literal(column))));
        CELLMON_TRY_ASSIGN(
            const auto next,
            session_.query(fmt::format(
                "SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {}",
                name[0][0])));
        return into.write(bytes_of({FrameKind::counter, table, column, next[0][0]}));
    }

    PostgresSession session_;
    const std::uint64_t version_;
};

}  // namespace

Result<std::unique_ptr<ClassroomPicture>> take_postgres_picture(const ClassroomStore& store) {
    CELLMON_TRY_ASSIGN(auto session, PostgresSession::open(store.postgres_url,
                                                           {store.timeout, store.interrupted}));
    CELLMON_TRY(session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    // The picture is taken by the first statement that reads.
    CELLMON_TRY_ASSIGN(const auto present,
                       session.query("SELECT to_regclass('schema_version') IS NOT NULL"));
    if (present[0][0] != "t") {
        return fail(ErrorCode::not_found,
                    "the PostgreSQL database holds no rows of a classroom: is it the server's?");
    }
    CELLMON_TRY_ASSIGN(const auto rows, session.query("SELECT max(version) FROM schema_version"));
    std::uint64_t version = 0;
    const std::string& text = rows[0][0];
    std::from_chars(text.data(), text.data() + text.size(), version);
    if (version == 0 || version > classroom::schema().size()) {
        return fail(ErrorCode::newer_format,
                    fmt::format("the classroom's database has schema version {}, this program "
                                "knows {}: make the backup with the program that serves it",
                                text, classroom::schema().size()));
    }
    return std::make_unique<PostgresPicture>(std::move(session), version);
}

}  // namespace cellmon::backup
