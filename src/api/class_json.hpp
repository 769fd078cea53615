#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "classroom/assignments.hpp"
#include "classroom/bulk_submissions.hpp"
#include "classroom/class_keys.hpp"
#include "classroom/classes.hpp"
#include "classroom/grades.hpp"
#include "classroom/notebooks.hpp"
#include "classroom/rosters.hpp"
#include "classroom/staff.hpp"
#include "classroom/students.hpp"
#include "classroom/submissions.hpp"
#include "classroom/teams.hpp"

namespace cellmon::api {

// The texts of classes and what belongs to them. Those that the contract knows (§3.8) begin with
// its keys, in its order; what it does not know follows.

[[nodiscard]] std::string json_of(const classroom::Class& row);
[[nodiscard]] std::string json_of(const classroom::Assignment& row);
[[nodiscard]] std::string json_of(const classroom::Submission& row);
[[nodiscard]] std::string json_of(const classroom::Student& row);
[[nodiscard]] std::string json_of(const classroom::Team& row);
[[nodiscard]] std::string json_of(const classroom::Notebook& row);
[[nodiscard]] std::string json_of(const classroom::StaffMember& row);
[[nodiscard]] std::string json_of(const classroom::RosterEntry& row);
[[nodiscard]] std::string json_of(const classroom::GradeChange& row);
[[nodiscard]] std::string json_of(const classroom::GradeFigures& figures);
[[nodiscard]] std::string json_of(const classroom::RosterOutcome& outcome);

/// `{"created","failed","results":[…]}` of a bulk.
[[nodiscard]] std::string json_of(const std::vector<classroom::BulkOutcome>& outcomes);

/// What lists say of a key: not the key.
[[nodiscard]] std::string json_of(const classroom::ClassKey& row);

/// The same and the key itself, which is told this once.
[[nodiscard]] std::string new_key_json(const classroom::ClassKey& row, std::string_view key);

[[nodiscard]] std::string join_code_json(const classroom::Class& row);

template <typename Row>
[[nodiscard]] std::string list_json(const std::vector<Row>& rows) {
    std::string json = "[";
    for (const Row& row : rows) {
        if (json.size() > 1) json += ',';
        json += json_of(row);
    }
    return json + ']';
}

}  // namespace cellmon::api
