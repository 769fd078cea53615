// Goal: our marks of parameters become PostgreSQL's. Method: texts and what they must become.

#include "sinks/postgres/statement_text.hpp"

#include <gtest/gtest.h>

namespace cellmon::postgres {
namespace {

TEST(StatementText, NumbersParametersInTheirOrderOrByTheirNumber) {
    EXPECT_EQ(with_numbered_parameters("VALUES (?, ?)").sql, "VALUES ($1, $2)");
    EXPECT_EQ(with_numbered_parameters("VALUES (?, ?)").parameters, 2U);
    const auto numbered = with_numbered_parameters("SET a = ?2, b = ?12 WHERE c = ?1");
    EXPECT_EQ(numbered.sql, "SET a = $2, b = $12 WHERE c = $1");
    EXPECT_EQ(numbered.parameters, 12U);
    EXPECT_EQ(with_numbered_parameters("SELECT 1").parameters, 0U);
    EXPECT_EQ(with_numbered_parameters("a = 'why?' AND b = ?").sql, "a = 'why?' AND b = $1");
}

TEST(StatementText, KnowsTheTablesThatAStatementReadsOrChanges) {
    for (const char* sql :
         {"SELECT 1 FROM events", "SELECT 1 FROM events e WHERE 1 = 1", "DELETE FROM events",
          "UPDATE events SET a = 1", "INSERT INTO events (a) VALUES (1)",
          "SELECT 1 FROM x JOIN events ON true",
          "SELECT events FROM x UNION SELECT 1 FROM events"}) {
        EXPECT_TRUE(names_table(sql, "events")) << sql;
    }
    for (const char* sql : {"SELECT events FROM sessions", "SELECT 1 FROM shadow_events",
                            "SELECT 1 FROM events_of_old", "SELECT 1", ""}) {
        EXPECT_FALSE(names_table(sql, "events")) << sql;
    }
}

}  // namespace
}  // namespace cellmon::postgres
