#pragma once

// For tests: an empty database of each engine with the newest schema, and shortcuts to rows.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "classroom/accounts.hpp"
#include "classroom/assignments.hpp"
#include "classroom/classes.hpp"
#include "classroom/notebooks.hpp"
#include "classroom/schema.hpp"
#include "classroom/students.hpp"
#include "classroom/submissions.hpp"
#include "sql/database.hpp"
#include "sql/test_database.hpp"

namespace cellmon::classroom {

class ClassTest : public ::testing::TestWithParam<sql::Engine> {
  protected:
    ClassTest() : connection_(place_.connect()) {
        EXPECT_TRUE(sql::migrate(*connection_, schema(), clock_));
    }

    /// The value, or a failed test.
    template <typename T>
    static T good(Result<T> result) {
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : T();
    }
    static void good(const Result<void>& result) {
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
    }
    template <typename T>
    static ErrorCode code_of(const Result<T>& result) {
        EXPECT_FALSE(result);
        return result ? ErrorCode::cancelled : result.error().code;
    }

    std::int64_t account(const std::string& email, Role role = Role::instructor) {
        return good(add_account(*connection_, {email, "先生", role, "hash"}, 1));
    }
    std::int64_t class_row(const std::string& code) {
        return good(add_class(*connection_, {.name = "情報", .class_code = code}, 1));
    }
    std::int64_t student(const std::string& email) {
        return good(add_student(*connection_, {.email = email, .name = "学生"}, 1));
    }
    std::int64_t notebook(const std::string& path) {
        return good(add_notebook(*connection_, {.path = path, .name = "n"}, 1));
    }
    std::int64_t assignment(std::int64_t class_id, std::optional<TimeUs> due_us = {}) {
        return good(add_assignment(*connection_,
                                   {.class_id = class_id,
                                    .notebook_id = notebook("n" + std::to_string(++notebooks_)),
                                    .title = "課題",
                                    .due_us = due_us},
                                   1));
    }
    std::int64_t submission(std::int64_t assignment_id, std::int64_t student_id,
                            std::optional<double> grade = {}, TimeUs at_us = 1) {
        const auto attempt = good(next_attempt(*connection_, assignment_id, student_id));
        return good(add_submission(*connection_, {.assignment_id = assignment_id,
                                                  .student_id = student_id,
                                                  .attempt = attempt,
                                                  .grade = grade,
                                                  .submitted_us = at_us}));
    }

    SystemClock clock_;
    sql::TestDatabase place_{GetParam()};
    std::unique_ptr<sql::Connection> connection_;

  private:
    int notebooks_ = 0;
};

}  // namespace cellmon::classroom
