#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/database.hpp"

namespace cellmon::exporting {

/// What the classroom's rows say of classes, of who is in them, and of what was handed in: one
/// picture of a moment.
struct ClassroomFacts {
    struct Enrolled {
        std::string class_code;
        std::string email;
        std::string name;
        std::string team;
    };
    struct Submission {
        std::string class_code;
        std::int64_t assignment_id = 0;
        std::string title;
        std::string notebook;
        std::string email;
        std::int64_t attempt = 0;
        std::string status;
        TimeUs submitted_us = 0;
        std::optional<TimeUs> due_us;
        std::optional<double> grade;
        std::optional<double> points;
        std::optional<std::string> feedback;
    };

    std::set<std::string> classes;
    std::vector<Enrolled> enrolled;
    std::map<std::string, std::vector<std::string>> classes_of;  ///< By person_key(), in order.
    std::vector<Submission> submissions;                         ///< By id.

    static Result<ClassroomFacts> read(sql::Database& database);
};

}  // namespace cellmon::exporting
