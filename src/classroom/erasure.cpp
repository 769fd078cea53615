#include "classroom/erasure.hpp"

#include <array>
#include <set>

#include <fmt/format.h>

#include "base/mention.hpp"
#include "classroom/packed_text.hpp"

namespace cellmon::classroom {
namespace {

/// What stands where a name was.
constexpr std::string_view kErased = "(erased)";

/// All that may hold something of a person.
constexpr std::array<std::string_view, 29> kSwept{"instructors",
                                                  "instructor_status_history",
                                                  "access_tokens",
                                                  "refresh_tokens",
                                                  "audit_log",
                                                  "teams",
                                                  "students",
                                                  "notebooks",
                                                  "classes",
                                                  "class_staff",
                                                  "student_classes",
                                                  "class_assignments",
                                                  "assignment_submissions",
                                                  "grade_history",
                                                  "class_keys",
                                                  "system_settings",
                                                  "classroom_maps",
                                                  "team_positions",
                                                  "notebook_contents",
                                                  "notebook_histories",
                                                  "notebook_snapshots",
                                                  "notebook_snapshot_cells",
                                                  "notebook_branches",
                                                  "notebook_versions",
                                                  "notebook_tags",
                                                  "offline_events",
                                                  "offline_marks",
                                                  "host_environments",
                                                  "test_events"};

/// A pattern of LIKE for what holds the address; too much is found by it, never too little.
std::string like(std::string_view address) {
    std::string pattern = "%";
    for (const char c : address) {
        if (c == '%' || c == '_' || c == '!') pattern += '!';
        pattern += c;
    }
    return pattern + '%';
}

class ClassroomErasure {
  public:
    ClassroomErasure(sql::Connection& connection, std::string_view email)
        : connection_(connection), key_(small_letters(email)), pattern_(like(key_)) {}

    Result<ErasedClassroom> run() {
        CELLMON_TRY(erase_rows_of_student());
        CELLMON_TRY(erase_notebooks());
        CELLMON_TRY(erase_account());
        CELLMON_TRY(erase_events("offline_events"));
        CELLMON_TRY(erase_events("test_events"));
        CELLMON_TRY(erase_names());
        return erased_;
    }

  private:
    template <typename... Parameters>
    Result<void> run(std::string_view statement, const Parameters&... parameters) {
        CELLMON_TRY(connection_.run(statement, parameters...));
        return {};
    }

    /// How many rows a statement has touched.
    template <typename... Parameters>
    Result<std::int64_t> count(std::string_view statement, const Parameters&... parameters) {
        CELLMON_TRY_ASSIGN(const auto rows, connection_.run(statement, parameters...));
        return rows.changed;
    }

    Result<void> erase_rows_of_student() {
        constexpr std::string_view kOf = "(SELECT id FROM students WHERE email_key = $1)";
        CELLMON_TRY(run(fmt::format("DELETE FROM grade_history WHERE submission_id IN (SELECT id "
                                    "FROM assignment_submissions WHERE student_id IN {})",
                                    kOf),
                        key_));
        CELLMON_TRY_ASSIGN(
            erased_.submissions,
            count(fmt::format("DELETE FROM assignment_submissions WHERE student_id IN {}", kOf),
                  key_));
        CELLMON_TRY(
            run(fmt::format("DELETE FROM student_classes WHERE student_id IN {}", kOf), key_));
        CELLMON_TRY_ASSIGN(erased_.students,
                           count("DELETE FROM students WHERE email_key = $1", key_));
        return {};
    }

    Result<void> erase_notebooks() {
        // Where nobody logs in a notebook has no owner; it is theirs when nobody else has written.
        CELLMON_TRY_ASSIGN(
            const auto found,
            connection_.run("SELECT id FROM notebook_histories h WHERE lower(h.owner) = $1 OR "
                            "(h.owner = '' AND EXISTS (SELECT 1 FROM notebook_snapshots s WHERE "
                            "s.history_id = h.id AND lower(s.author_id) = $1) AND NOT EXISTS "
                            "(SELECT 1 FROM notebook_snapshots s WHERE s.history_id = h.id AND "
                            "lower(s.author_id) <> $1))",
                            key_));
        for (const sql::Row& row : found.rows)
            CELLMON_TRY(erase_notebook(row.integer(0)));
        erased_.notebooks = static_cast<std::int64_t>(found.rows.size());
        return {};
    }

    Result<void> erase_notebook(std::int64_t history) {
        CELLMON_TRY_ASSIGN(
            const auto cells,
            connection_.run("SELECT DISTINCT c.content_id, c.result_id FROM "
                            "notebook_snapshot_cells c JOIN notebook_snapshots s ON s.id = "
                            "c.snapshot_id WHERE s.history_id = $1",
                            history));
        for (const std::string_view statement :
             {"DELETE FROM notebook_tags WHERE history_id = $1",
              "DELETE FROM notebook_versions WHERE history_id = $1",
              "DELETE FROM notebook_branches WHERE history_id = $1",
              "DELETE FROM notebook_snapshot_cells WHERE snapshot_id IN (SELECT id FROM "
              "notebook_snapshots WHERE history_id = $1)",
              "DELETE FROM notebook_snapshots WHERE history_id = $1",
              "DELETE FROM notebook_histories WHERE id = $1"}) {
            CELLMON_TRY(run(statement, history));
        }
        std::set<std::int64_t> contents;
        for (const sql::Row& row : cells.rows) {
            contents.insert(row.integer(0));
            if (!row.is_null(1)) contents.insert(row.integer(1));
        }
        for (const std::int64_t content : contents) {
            CELLMON_TRY(
                run("DELETE FROM notebook_contents WHERE id = $1 AND NOT EXISTS (SELECT 1 "
                    "FROM notebook_snapshot_cells WHERE content_id = $1) AND NOT EXISTS "
                    "(SELECT 1 FROM notebook_snapshot_cells WHERE result_id = $1)",
                    content));
        }
        return {};
    }

    Result<void> erase_account() {
        CELLMON_TRY_ASSIGN(
            const auto rows,
            connection_.run("SELECT id FROM instructors WHERE email_key = $1 AND role = 'student'",
                            key_));
        for (const sql::Row& row : rows.rows) {
            const std::int64_t id = row.integer(0);
            for (const std::string_view statement :
                 {"DELETE FROM access_tokens WHERE account_id = $1",
                  "DELETE FROM refresh_tokens WHERE account_id = $1",
                  "DELETE FROM class_staff WHERE account_id = $1",
                  "DELETE FROM instructor_status_history WHERE instructor_id = $1",
                  "UPDATE audit_log SET actor_id = NULL, address = '' WHERE actor_id = $1",
                  "UPDATE class_keys SET created_by = NULL WHERE created_by = $1",
                  "UPDATE classes SET owner_id = NULL WHERE owner_id = $1",
                  "UPDATE grade_history SET actor_id = NULL WHERE actor_id = $1",
                  "DELETE FROM instructors WHERE id = $1"}) {
                CELLMON_TRY(run(statement, id));
            }
        }
        erased_.accounts = static_cast<std::int64_t>(rows.rows.size());
        return {};
    }

    /// The event is the JSON that a client sent, in which a letter may be written as an escape;
    /// what is asked for here is the letters.
    Result<void> erase_events(std::string_view table) {
        CELLMON_TRY_ASSIGN(
            const auto rows,
            connection_.run(
                fmt::format("SELECT id, event FROM {} WHERE lower(event) LIKE $1 ESCAPE '!'",
                            table),
                pattern_));
        for (const sql::Row& row : rows.rows) {
            if (!mentions(row.text(1), key_)) continue;
            CELLMON_TRY(run(fmt::format("DELETE FROM {} WHERE id = $1", table), row.integer(0)));
            ++erased_.queued;
        }
        return {};
    }

    /// Names in rows that stay.
    Result<void> erase_names() {
        CELLMON_TRY(
            run("UPDATE notebook_snapshots SET author_id = $2, author_name = '' WHERE "
                "lower(author_id) = $1",
                key_, kErased));
        CELLMON_TRY(
            run("UPDATE notebook_versions SET author_id = $2, author_name = '' WHERE "
                "lower(author_id) = $1",
                key_, kErased));
        CELLMON_TRY(run("UPDATE notebook_branches SET created_by = $2 WHERE lower(created_by) = $1",
                        key_, kErased));
        CELLMON_TRY(run(
            "UPDATE classroom_maps SET uploaded_by = NULL WHERE lower(uploaded_by) = $1", key_));
        CELLMON_TRY(
            run("UPDATE team_positions SET updated_by = NULL WHERE lower(updated_by) = $1", key_));
        CELLMON_TRY_ASSIGN(
            const auto rows,
            connection_.run(
                "SELECT id, subject, detail FROM audit_log WHERE lower(subject) LIKE $1 "
                "ESCAPE '!' OR lower(detail) LIKE $1 ESCAPE '!'",
                pattern_));
        for (const sql::Row& row : rows.rows) {
            if (!mentions(row.text(1), key_) && !mentions(row.text(2), key_)) continue;
            CELLMON_TRY(run("UPDATE audit_log SET subject = $2, detail = '' WHERE id = $1",
                            row.integer(0), kErased));
            ++erased_.lines;
        }
        return {};
    }

    sql::Connection& connection_;
    const std::string key_;
    const std::string pattern_;
    ErasedClassroom erased_;
};

/// Whether a value of any type names the address.
bool names(const sql::Value& value, std::string_view address) {
    if (const auto* text = std::get_if<std::string>(&value.data())) return mentions(*text, address);
    const auto* bytes = std::get_if<sql::Bytes>(&value.data());
    if (bytes == nullptr) return false;
    if (const auto text = unpacked(bytes->data)) return mentions(*text, address);
    return mentions(bytes->data, address);
}

/// Rows of a table that are read at once.
constexpr std::int64_t kRowsAtOnce = 1'000;

Result<void> each_row_of(sql::Connection& connection, std::string_view table, const auto& take) {
    for (std::int64_t skip = 0;; skip += kRowsAtOnce) {
        // One picture of all rows: the order holds from page to page.
        CELLMON_TRY_ASSIGN(const auto rows, connection.run(fmt::format(
                                                "SELECT * FROM {} ORDER BY 1, 2 LIMIT {} OFFSET {}",
                                                table, kRowsAtOnce, skip)));
        for (const sql::Row& row : rows.rows)
            CELLMON_TRY(take(row));
        if (static_cast<std::int64_t>(rows.rows.size()) < kRowsAtOnce) return {};
    }
}

Result<std::int64_t> rows_naming_in(sql::Connection& connection, std::string_view table,
                                    std::string_view address) {
    std::int64_t found = 0;
    CELLMON_TRY(each_row_of(connection, table, [&](const sql::Row& row) -> Result<void> {
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (!names(row.value(column), address)) continue;
            ++found;
            break;
        }
        return {};
    }));
    return found;
}

}  // namespace

Result<ErasedClassroom> erase_student(sql::Connection& connection, std::string_view email) {
    return ClassroomErasure(connection, email).run();
}

Result<std::string> classroom_rows_naming(sql::Connection& connection, std::string_view email) {
    const std::string key = small_letters(email);
    std::string text;
    for (const std::string_view table : kSwept) {
        CELLMON_TRY_ASSIGN(const std::int64_t rows, rows_naming_in(connection, table, key));
        if (rows > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", table, rows);
    }
    return text;
}

Result<void> each_text(sql::Connection& connection,
                       const std::function<Result<void>(std::string_view text)>& show) {
    const auto show_row = [&](const sql::Row& row) -> Result<void> {
        for (std::size_t column = 0; column < row.size(); ++column) {
            const auto* const text = std::get_if<std::string>(&row.value(column).data());
            if (text != nullptr) CELLMON_TRY(show(*text));
        }
        return {};
    };
    for (const std::string_view table : kSwept) {
        if (table != "notebook_contents") CELLMON_TRY(each_row_of(connection, table, show_row));
    }
    return {};
}

Result<void> sweep(sql::Connection& connection) {
    if (connection.engine() == sql::Engine::sqlite) {
        CELLMON_TRY(connection.script("VACUUM"));
        return connection.script("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    for (const std::string_view table : kSwept)
        CELLMON_TRY(connection.script(fmt::format("VACUUM (FULL) {}", table)));
    return {};
}

}  // namespace cellmon::classroom
