#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/submissions.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// What submissions were given: `grade_history`, and figures and tables of grades. Each function is
// a part of the caller's transaction.
//
// The grade of a student for an assignment is that of the latest attempt that has one.
namespace cellmon::classroom {

struct GradeChange {
    std::int64_t id = 0;
    std::int64_t submission_id = 0;
    TimeUs at_us = 0;
    std::optional<std::int64_t> actor_id;
    std::optional<std::string> actor;  ///< The account's address.
    std::optional<double> old_grade;
    std::optional<double> new_grade;
    std::optional<std::string> old_feedback;
    std::optional<std::string> new_feedback;
};

/// Writes down what a change of the submission does to its grade and feedback; nothing when it does
/// nothing. `before` is Submission() for a new one.
Result<void> record_grade(sql::Connection& connection, const Submission& before,
                          const Submission& after, std::optional<std::int64_t> actor_id,
                          TimeUs now);

/// Oldest first.
Result<std::vector<GradeChange>> grade_history(sql::Connection& connection,
                                               std::int64_t submission_id, sql::Page page);

struct GradeFigures {
    std::int64_t students = 0;   ///< On the roster of the class.
    std::int64_t submitted = 0;  ///< Students with an attempt.
    std::int64_t late = 0;       ///< Students with none in time.
    std::int64_t attempts = 0;
    std::int64_t graded = 0;  ///< Students with a grade; the rest is of their grades.
    std::optional<double> least;
    std::optional<double> most;
    std::optional<double> mean;
    std::optional<double> median;
};

Result<GradeFigures> grade_figures(sql::Connection& connection, std::int64_t assignment_id);

struct Grade {
    std::int64_t student_id = 0;
    std::int64_t assignment_id = 0;
    double grade = 0;
};

/// The latest grade of each student for each assignment of a class, by assignment and student.
Result<std::vector<Grade>> grades_of_class(sql::Connection& connection, std::int64_t class_id);

}  // namespace cellmon::classroom
