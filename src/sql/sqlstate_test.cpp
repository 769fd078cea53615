// Goal: what can be tried again is told from what cannot. Method: states of PostgreSQL's manual.
#include "sql/sqlstate.hpp"

#include <gtest/gtest.h>

namespace cellmon::sql {
namespace {

TEST(Sqlstate, KindsOfError) {
    EXPECT_EQ(code_of_sqlstate("23505"), ErrorCode::already_exists);
    EXPECT_EQ(code_of_sqlstate("23503"), ErrorCode::reference);
    EXPECT_EQ(code_of_sqlstate("23502"), ErrorCode::invalid);
    EXPECT_EQ(code_of_sqlstate("22001"), ErrorCode::invalid);
    EXPECT_EQ(code_of_sqlstate("40001"), ErrorCode::locked);
    EXPECT_EQ(code_of_sqlstate("40P01"), ErrorCode::locked);
    EXPECT_EQ(code_of_sqlstate("55P03"), ErrorCode::locked);
    EXPECT_EQ(code_of_sqlstate("57P01"), ErrorCode::unavailable);
    EXPECT_EQ(code_of_sqlstate("57014"), ErrorCode::unavailable);
    EXPECT_EQ(code_of_sqlstate("53300"), ErrorCode::unavailable);
    EXPECT_EQ(code_of_sqlstate("53100"), ErrorCode::no_space);
    EXPECT_EQ(code_of_sqlstate("08006"), ErrorCode::unavailable);
    EXPECT_EQ(code_of_sqlstate("42P01"), ErrorCode::io);
    EXPECT_EQ(code_of_sqlstate(""), ErrorCode::io);
}

}  // namespace
}  // namespace cellmon::sql
