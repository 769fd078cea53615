// Goal: no table of the classroom is left out of a backup.
// Method: the names read from the schema's text against those that a database of each version has.
#include "backup/classroom_tables.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "classroom/schema.hpp"
#include "sql/test_database.hpp"

namespace cellmon::backup {
namespace {

TEST(ClassroomTables, AreAllThatTheSchemaMakes) {
    const SystemClock clock;
    for (std::size_t version = 1; version <= classroom::schema().size(); ++version) {
        const sql::TestDatabase database(sql::Engine::sqlite);
        const auto connection = database.connect();
        ASSERT_TRUE(sql::migrate(*connection, classroom::schema().first(version), clock));
        const auto rows = connection->run(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND "
            "name <> 'schema_version' ORDER BY name");
        ASSERT_TRUE(rows);
        std::vector<std::string> made;
        for (const auto& row : rows->rows)
            made.push_back(row.text(0));
        std::vector<std::string> named = tables_of(classroom::schema().first(version));
        std::sort(named.begin(), named.end());
        EXPECT_EQ(named, made) << "version " << version;
    }
}

}  // namespace
}  // namespace cellmon::backup
