// Goal: a database of every earlier version comes to the newest one with all its rows. Method: for
// each version, an old database with rows of that version's tables, on both engines.
#include "classroom/schema.hpp"

#include <array>

#include <gtest/gtest.h>

#include "sql/database.hpp"
#include "sql/test_database.hpp"

namespace cellmon::classroom {
namespace {

/// What a program of each version would have written: rows of the tables that its step made. The
/// one at place 0 belongs to version 1.
constexpr std::array kRowsOfVersion = std::to_array<std::string_view>({
    R"sql(
INSERT INTO instructors (email, email_key, name, role, password_hash, is_active, status, status_updated_us, created_us, version)
    VALUES ('Sensei@example.com', 'sensei@example.com', '先生', 'admin', 'x', TRUE, 'offline', 1, 1, 1);
INSERT INTO instructor_status_history (instructor_id, status, started_us) SELECT id, 'offline', 1 FROM instructors;
INSERT INTO audit_log (at_us, actor_id, address, action, subject, detail) SELECT 1, id, '', 'made', '', '' FROM instructors;
)sql",
    R"sql(
INSERT INTO access_tokens SELECT 'token', id, 'login', 1 FROM instructors;
INSERT INTO refresh_tokens SELECT 'hash', id, 'login', 1, FALSE FROM instructors;
)sql",
    R"sql(
INSERT INTO teams (team_name, created_us, version) VALUES ('赤', 1, 1);
INSERT INTO students (email, email_key, name, team_id, created_us, version) SELECT 'A@example.com', 'a@example.com', '学生', id, 1, 1 FROM teams;
INSERT INTO notebooks (path, name, created_us, version) VALUES ('a/b.ipynb', 'b.ipynb', 1, 1);
INSERT INTO classes (class_code, name, owner_id, is_active, join_code, created_us, version) SELECT 'CS-101', '情報', id, TRUE, 'ABCDEFGH', 1, 1 FROM instructors;
INSERT INTO class_staff SELECT c.id, c.owner_id, 'instructor', 1 FROM classes c;
INSERT INTO student_classes SELECT c.id, s.id, 1 FROM classes c, students s;
INSERT INTO class_assignments (class_id, notebook_id, title, due_us, points, created_us, version) SELECT c.id, n.id, '課題', 1, 10, 1, 1 FROM classes c, notebooks n;
INSERT INTO assignment_submissions (assignment_id, student_id, attempt, status, grade, feedback, submitted_us, version) SELECT a.id, s.id, 1, 'submitted', 9.5, '良い', 2, 1 FROM class_assignments a, students s;
INSERT INTO grade_history (submission_id, at_us, actor_id, new_grade) SELECT s.id, 3, i.id, 9.5 FROM assignment_submissions s, instructors i;
)sql",
    R"sql(
INSERT INTO class_keys (class_id, key_hash, ending, label, created_by, created_us) SELECT c.id, '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'wxyz', '教室', c.owner_id, 1 FROM classes c;
)sql",
    // The step made the other rows of this table itself.
    R"sql(
DELETE FROM system_settings WHERE setting_key <> 'consecutive_error_threshold';
UPDATE system_settings SET setting_value = '5', is_default = FALSE, updated_us = 4;
)sql",
    R"sql(
INSERT INTO classroom_maps (image_filename, uploaded_us, is_active, file_size_bytes, content_type) VALUES ('m.jpg', 1, TRUE, 2, 'image/jpeg');
INSERT INTO classroom_map_images SELECT id, 'x' FROM classroom_maps;
INSERT INTO team_positions (map_id, team_name, position_x, position_y, updated_us) SELECT id, '赤', 0, 99.99, 1 FROM classroom_maps;
)sql",
    R"sql(
INSERT INTO notebook_contents (content_hash, content, cell_type, line_count, character_count) VALUES ('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', '{}', 'code', 0, 0);
INSERT INTO notebook_histories (history_key, owner, path, created_us) VALUES ('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'a@example.com', 'a/b.ipynb', 1);
INSERT INTO notebook_snapshots (snapshot_id, history_id, content_hash, header, author_id, author_name, created_us) SELECT '0123456789abcdef', id, history_key, '{}', 'a', '学生', 1 FROM notebook_histories;
INSERT INTO notebook_snapshot_cells (snapshot_id, place, cell_id, content_id) SELECT s.id, 0, 'x', c.id FROM notebook_snapshots s, notebook_contents c;
INSERT INTO notebook_branches (branch_id, history_id, branch_name, created_by, created_us, metadata) SELECT '01234567-89ab-cdef-0123-456789abcdef', id, 'main', 'a', 1, '{}' FROM notebook_histories;
INSERT INTO notebook_versions (version_id, history_id, branch_id, number, snapshot_id, message, author_id, author_name, created_us, total_changes, cells_added, cells_deleted, cells_modified, cells_moved, metadata) SELECT '0123456789ab', b.history_id, b.id, 1, s.id, '', 'a', '学生', 1, 1, 1, 0, 0, 0, '{}' FROM notebook_branches b, notebook_snapshots s;
INSERT INTO notebook_tags SELECT history_id, '提出', id, 1 FROM notebook_versions;
)sql",
    R"sql(
INSERT INTO offline_events (queue_id, event, class_code, priority, created_us, retry_count) VALUES ('01234567-89ab-cdef-0123-456789abcdef', '{}', '', 1, 1, 0);
INSERT INTO offline_marks VALUES ('sync', 1);
INSERT INTO host_environments (snapshot_id, captured_us, report, collection_ms) VALUES ('01234567-89ab-cdef-0123-456789abcdef', 1, '{}', 1.5);
)sql",
    R"sql(
INSERT INTO test_events (test_id, event, received_us) VALUES ('試験', '{}', 1);
)sql",
    R"sql(
UPDATE notebook_contents SET byte_count = 2;
)sql",
    R"sql(
UPDATE classes SET consent = 'code';
UPDATE offline_events SET content_hash = -1;
)sql",
});

class SchemaTest : public ::testing::TestWithParam<sql::Engine> {};

INSTANTIATE_TEST_SUITE_P(Engines, SchemaTest, sql::kTestedEngines, sql::engine_name);

TEST_P(SchemaTest, EveryEarlierVersionComesToTheNewestWithItsRows) {
    ASSERT_EQ(kRowsOfVersion.size(), schema().size()) << "each version needs rows here";
    const SystemClock clock;
    for (std::size_t version = 0; version <= schema().size(); ++version) {
        const sql::TestDatabase place(GetParam());
        const auto old = place.connect();
        ASSERT_TRUE(sql::migrate(*old, schema().first(version), clock));
        for (std::size_t step = 0; step < version; ++step) {
            const auto filled = old->script(std::string(kRowsOfVersion[step]));
            ASSERT_TRUE(filled) << filled.error().message;
        }
        const auto migrated = sql::migrate(*old, schema(), clock);
        ASSERT_TRUE(migrated) << migrated.error().message;
        const auto versions = old->run("SELECT count(*), max(version) FROM schema_version");
        ASSERT_TRUE(versions);
        EXPECT_EQ(versions->front().integer(0), static_cast<std::int64_t>(schema().size()));
        EXPECT_EQ(versions->front().integer(1), static_cast<std::int64_t>(schema().size()));
        // The version whose rows above it has, and how many it is made with.
        struct Table {
            const char* name;
            std::size_t since;
            std::int64_t made_with = 0;
        };
        constexpr std::array kTables = std::to_array<Table>({
            {"instructors", 1},
            {"instructor_status_history", 1},
            {"audit_log", 1},
            {"access_tokens", 2},
            {"refresh_tokens", 2},
            {"teams", 3},
            {"students", 3},
            {"notebooks", 3},
            {"classes", 3},
            {"class_staff", 3},
            {"student_classes", 3},
            {"class_assignments", 3},
            {"assignment_submissions", 3},
            {"grade_history", 3},
            {"class_keys", 4},
            {"system_settings", 5, 7},
            {"classroom_maps", 6},
            {"classroom_map_images", 6},
            {"team_positions", 6},
            {"notebook_contents", 7},
            {"notebook_histories", 7},
            {"notebook_snapshots", 7},
            {"notebook_snapshot_cells", 7},
            {"notebook_branches", 7},
            {"notebook_versions", 7},
            {"notebook_tags", 7},
            {"offline_events", 8},
            {"offline_marks", 8},
            {"host_environments", 8},
            {"test_events", 9},
        });
        for (const auto& [table, since, made_with] : kTables) {
            const auto rows = old->run("SELECT count(*) FROM " + std::string(table));
            ASSERT_TRUE(rows) << table;
            EXPECT_EQ(rows->front().integer(0), version >= since ? 1 : made_with)
                << table << " from version " << version;
        }
        // A second time there is nothing to do.
        ASSERT_TRUE(sql::migrate(*old, schema(), clock));
    }
}

TEST_P(SchemaTest, BothEnginesRefuseTheSameRows) {
    const SystemClock clock;
    const sql::TestDatabase place(GetParam());
    const auto connection = place.connect();
    ASSERT_TRUE(sql::migrate(*connection, schema(), clock));
    const auto code = [&](std::string_view email, std::string_view role, std::string_view status) {
        const auto done = connection->run(
            "INSERT INTO instructors (email, email_key, name, role, password_hash, is_active, "
            "status, status_updated_us, created_us, version) VALUES ($1, $1, '', $2, '', TRUE, $3, "
            "1, 1, 1)",
            email, role, status);
        return done ? ErrorCode::cancelled : done.error().code;
    };
    EXPECT_EQ(code("a@example.com", "admin", "offline"), ErrorCode::cancelled);
    EXPECT_EQ(code("a@example.com", "admin", "offline"), ErrorCode::already_exists);
    EXPECT_EQ(code("b@example.com", "king", "offline"), ErrorCode::invalid);
    EXPECT_EQ(code("b@example.com", "admin", "asleep"), ErrorCode::invalid);
}

}  // namespace
}  // namespace cellmon::classroom
