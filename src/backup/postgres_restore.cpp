#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "backup/classroom_rows.hpp"
#include "backup/classroom_tables.hpp"
#include "backup/postgres_session.hpp"
#include "backup/row_frames.hpp"
#include "classroom/schema.hpp"
#include "sql/migrations.hpp"

namespace cellmon::backup {
namespace {

/// Has rows from the start. Who changed them has an account, which is a row of another table.
constexpr std::string_view kHasDefaults = "system_settings";

Result<PostgresSession> open_session(const ClassroomStore& store) {
    return PostgresSession::open(store.postgres_url, {store.timeout, store.interrupted});
}

/// Those of the classroom's tables that are there.
Result<std::vector<std::string>> present_tables(PostgresSession& session) {
    std::vector<std::string> present;
    for (const std::string& table : tables_of(classroom::schema())) {
        CELLMON_TRY_ASSIGN(const auto found,
                           session.query(fmt::format("SELECT to_regclass({}) IS NOT NULL",
                                                     session.literal(session.name(table)))));
        if (found[0][0] == "t") present.push_back(table);
    }
    return present;
}

Result<void> check_no_rows(PostgresSession& session, const std::vector<std::string>& tables) {
    for (const std::string& table : tables) {
        if (table == kHasDefaults) continue;
        CELLMON_TRY_ASSIGN(
            const auto found,
            session.query(fmt::format("SELECT EXISTS (SELECT 1 FROM {})", session.name(table))));
        if (found[0][0] != "t") continue;
        return fail(ErrorCode::already_exists,
                    fmt::format("the PostgreSQL database holds rows of a classroom already (table "
                                "{}): a restore overwrites nothing. Name an empty database, or "
                                "restore the journal alone with --only journal",
                                table));
    }
    return {};
}

/// Empty tables of the schema that the rows have, whatever server made some meanwhile.
Result<void> make_tables(const ClassroomStore& store, std::uint64_t version, const Clock& clock) {
    {
        CELLMON_TRY_ASSIGN(auto session, open_session(store));
        CELLMON_TRY(session.run("BEGIN"));
        CELLMON_TRY_ASSIGN(const auto present, present_tables(session));
        CELLMON_TRY(check_no_rows(session, present));
        std::string drop = "DROP TABLE IF EXISTS schema_version";
        for (const std::string& table : present)
            drop += ", " + session.name(table);
        CELLMON_TRY(session.run(drop + " CASCADE"));
        CELLMON_TRY(session.run("COMMIT"));
    }
    CELLMON_TRY_ASSIGN(const auto connection,
                       sql::connect_postgres(store.postgres_url, store.timeout));
    auto made = sql::migrate(*connection, classroom::schema().first(version), clock);
    if (made) return {};
    Error error = std::move(made).error();
    error.message = "PostgreSQL, the classroom's tables: " + error.message;
    return fail(std::move(error));
}

class PostgresRestore final : public ClassroomRestore {
  public:
    PostgresRestore(PostgresSession session, std::uint64_t version, std::string mark)
        : session_(std::move(session)), version_(version), mark_(std::move(mark)) {}

    Result<void> begin() {
        CELLMON_TRY(session_.run("BEGIN"));
        const auto tables = tables_of(classroom::schema().first(version_));
        std::string names;
        std::string classes;
        for (const std::string& table : tables) {
            const std::string_view comma = names.empty() ? "" : ", ";
            names += fmt::format("{}{}", comma, session_.name(table));
            classes += fmt::format("{}{}::regclass", comma, session_.literal(session_.name(table)));
        }
        CELLMON_TRY(session_.run("LOCK TABLE " + names + " IN ACCESS EXCLUSIVE MODE"));
        CELLMON_TRY(check_no_rows(session_, tables));
        CELLMON_TRY(session_.run("DELETE FROM " + session_.name(kHasDefaults)));
        // Rows come table by table, and some name others of tables that come later.
        CELLMON_TRY_ASSIGN(
            foreign_keys_,
            session_.query("SELECT conrelid::regclass::text, quote_ident(conname), "
                           "pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND "
                           "conrelid IN (" +
                           classes + ")"));
        for (const auto& key : foreign_keys_)
            CELLMON_TRY(
                session_.run(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", key[0], key[1])));
        return {};
    }

    Result<void> take(std::span<const std::byte> bytes) override {
        frames_.add(bytes);
        RowFrame frame;
        while (true) {
            CELLMON_TRY_ASSIGN(const bool whole, frames_.next(frame));
            if (!whole) return {};
            CELLMON_TRY(take(frame));
        }
    }

    Result<void> finish() override {
        if (!frames_.ended()) {
            return fail(ErrorCode::corrupt, "the classroom's rows in the backup have no end");
        }
        for (const auto& key : foreign_keys_)
            CELLMON_TRY(session_.run(
                fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}", key[0], key[1], key[2])));
        CELLMON_TRY(session_.run("COMMENT ON TABLE schema_version IS " + session_.literal(mark_)));
        CELLMON_TRY(session_.run("COMMIT"));
        // The rows are back. Without this they are read more slowly until PostgreSQL does it.
        static_cast<void>(session_.run("ANALYZE"));
        return {};
    }

  private:
    Result<void> take(const RowFrame& frame) {
        if (frame.kind == FrameKind::rows) {
            if (copying_) return session_.copy_in(frame.first);
            return fail(ErrorCode::corrupt, "rows in the backup belong to no table");
        }
        if (std::exchange(copying_, false)) CELLMON_TRY(session_.end_copy_in());
        if (frame.kind == FrameKind::table) {
            CELLMON_TRY(check_names(frame));
            copying_ = true;
            return session_.begin_copy_in(
                fmt::format("COPY {} ({}) FROM STDIN", session_.name(frame.first), frame.second));
        }
        if (frame.kind == FrameKind::counter) {
            CELLMON_TRY(check_names(frame));
            return session_.run(fmt::format(
                "SELECT setval(pg_get_serial_sequence({}, {}), {}, false)",
                session_.literal(session_.name(frame.first)), session_.literal(frame.second),
                session_.literal(frame.third) + "::bigint"));
        }
        return {};
    }

    /// They become part of a statement, and a backup without a password may be anybody's.
    [[nodiscard]] Result<void> check_names(const RowFrame& frame) const {
        constexpr std::string_view kInNames = "abcdefghijklmnopqrstuvwxyz0123456789_, \"";
        const auto tables = tables_of(classroom::schema().first(version_));
        const bool known = std::find(tables.begin(), tables.end(), frame.first) != tables.end() &&
                           frame.second.find_first_not_of(kInNames) == std::string::npos;
        if (known) return {};
        return fail(ErrorCode::corrupt,
                    "the backup holds rows of a table that is none of the classroom's");
    }

    PostgresSession session_;
    const std::uint64_t version_;
    const std::string mark_;
    PostgresSession::TextRows foreign_keys_;
    FrameReader frames_;
    bool copying_ = false;
};

}  // namespace

Result<void> check_postgres_empty(const ClassroomStore& store) {
    CELLMON_TRY_ASSIGN(auto session, open_session(store));
    CELLMON_TRY_ASSIGN(const auto present, present_tables(session));
    return check_no_rows(session, present);
}

Result<bool> was_restored(const ClassroomStore& store, const std::string& mark) {
    if (store.engine() == sql::Engine::sqlite) return false;
    CELLMON_TRY_ASSIGN(auto session, open_session(store));
    // One that was killed may still be about to commit, and has the tables locked until then.
    CELLMON_TRY_ASSIGN(const auto present, present_tables(session));
    if (std::find(present.begin(), present.end(), kHasDefaults) != present.end()) {
        CELLMON_TRY(session.run(fmt::format("SELECT FROM {} LIMIT 0", session.name(kHasDefaults))));
    }
    CELLMON_TRY_ASSIGN(const auto found,
                       session.query("SELECT coalesce(obj_description(to_regclass("
                                     "'schema_version'), 'pg_class'), '')"));
    return found[0][0] == mark;
}

Result<std::unique_ptr<ClassroomRestore>> begin_postgres_restore(const ClassroomStore& store,
                                                                 std::uint64_t schema_version,
                                                                 const std::string& mark,
                                                                 const Clock& clock) {
    CELLMON_TRY(make_tables(store, schema_version, clock));
    CELLMON_TRY_ASSIGN(auto session, open_session(store));
    auto restore = std::make_unique<PostgresRestore>(std::move(session), schema_version, mark);
    CELLMON_TRY(restore->begin());
    return restore;
}

}  // namespace cellmon::backup
