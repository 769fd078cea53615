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

}  // namespace
}  // namespace cellmon::postgres
