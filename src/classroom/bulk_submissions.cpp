#include "classroom/bulk_submissions.hpp"

#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

using sql::ManyRows;
using sql::Type;
using sql::Value;

using Pair = std::pair<std::int64_t, std::int64_t>;  // Assignment and student.

std::vector<Value> values_of(const std::set<std::int64_t>& ids) {
    return {ids.begin(), ids.end()};
}

std::vector<Value> values_of(const std::set<Pair>& pairs) {
    std::vector<Value> values;
    for (const auto& [assignment_id, student_id] : pairs) {
        values.emplace_back(assignment_id);
        values.emplace_back(student_id);
    }
    return values;
}

/// Which of the ids there are, each with the class it belongs to.
Result<std::unordered_map<std::int64_t, std::int64_t>> classes_of_assignments(
    sql::Connection& connection, const std::set<std::int64_t>& ids) {
    static const ManyRows kFind("SELECT a.id, a.class_id FROM (", {Type::integer},
                                ") AS v JOIN class_assignments a ON a.id = v.column1");
    CELLMON_TRY_ASSIGN(const auto rows, kFind.run(connection, values_of(ids)));
    std::unordered_map<std::int64_t, std::int64_t> classes;
    for (const sql::Row& row : rows.rows)
        classes.emplace(row.integer(0), row.integer(1));
    return classes;
}

/// Those of the pairs whose student is known, and on the roster of the assignment's class where
/// only such may be.
Result<std::set<Pair>> pairs_with_student(sql::Connection& connection, const std::set<Pair>& pairs,
                                          bool roster_only) {
    static const std::string kAnyone = "SELECT v.column1, v.column2 FROM (";
    static const ManyRows kBoth(kAnyone, {Type::integer, Type::integer},
                                ") AS v JOIN students s ON s.id = v.column2");
    static const ManyRows kOnRoster(
        kAnyone, {Type::integer, Type::integer},
        ") AS v JOIN class_assignments a ON a.id = v.column1 JOIN student_classes r ON "
        "r.class_id = a.class_id AND r.student_id = v.column2");
    CELLMON_TRY_ASSIGN(const auto rows,
                       (roster_only ? kOnRoster : kBoth).run(connection, values_of(pairs)));
    std::set<Pair> found;
    for (const sql::Row& row : rows.rows)
        found.emplace(row.integer(0), row.integer(1));
    return found;
}

/// The last attempt of each pair, 0 where there is none.
Result<std::map<Pair, std::int64_t>> last_attempts(sql::Connection& connection,
                                                   const std::set<Pair>& pairs) {
    static const ManyRows kFind(
        "SELECT v.column1, v.column2, (SELECT coalesce(max(s.attempt), 0) FROM "
        "assignment_submissions s WHERE s.assignment_id = v.column1 AND s.student_id = v.column2) "
        "FROM (",
        {Type::integer, Type::integer}, ") AS v");
    CELLMON_TRY_ASSIGN(const auto rows, kFind.run(connection, values_of(pairs)));
    std::map<Pair, std::int64_t> last;
    for (const sql::Row& row : rows.rows)
        last[{row.integer(0), row.integer(1)}] = row.integer(2);
    return last;
}

void refuse(BulkOutcome& outcome, std::string_view field, std::string reason) {
    outcome.field = field;
    outcome.reason = std::move(reason);
}

/// What is wrong with the attempt that the item asks for, `next` being the one it can have.
std::string attempt_fault(std::int64_t attempt, std::int64_t next) {
    if (attempt < next) return fmt::format("attempt {} exists already", attempt);
    return fmt::format("the next attempt is {}", next);
}

/// Gives each item its attempt, or says in `outcomes` why it cannot be stored.
Result<void> judge(sql::Connection& connection, std::span<const BulkItem> items,
                   const BulkRights& rights, std::vector<BulkOutcome>& outcomes) {
    std::set<std::int64_t> assignment_ids;
    std::set<Pair> pairs;
    for (const BulkItem& item : items) {
        assignment_ids.insert(item.assignment_id);
        pairs.emplace(item.assignment_id, item.student_id);
    }
    CELLMON_TRY_ASSIGN(const auto classes, classes_of_assignments(connection, assignment_ids));
    CELLMON_TRY_ASSIGN(const auto students,
                       pairs_with_student(connection, pairs, rights.roster_only));
    CELLMON_TRY_ASSIGN(auto last, last_attempts(connection, pairs));
    std::map<std::int64_t, bool> allowed;  // By class.
    for (const auto& [assignment_id, class_id] : classes) {
        if (allowed.contains(class_id)) continue;
        CELLMON_TRY_ASSIGN(allowed[class_id], rights.class_is_theirs(connection, class_id));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        const BulkItem& item = items[i];
        BulkOutcome& outcome = outcomes[i];
        outcome.index = item.index;
        const auto found = classes.find(item.assignment_id);
        // Of an assignment that is not theirs nobody learns that it exists.
        if (found == classes.end() || !allowed[found->second]) {
            refuse(outcome, "assignment_id",
                   fmt::format("Assignment with id {} not found", item.assignment_id));
        } else if (!students.contains({item.assignment_id, item.student_id})) {
            refuse(outcome, "student_id",
                   fmt::format("Student with id {} not found", item.student_id));
        } else {
            std::int64_t& before = last[{item.assignment_id, item.student_id}];
            if (item.attempt && *item.attempt != before + 1) {
                refuse(outcome, "attempt", attempt_fault(*item.attempt, before + 1));
            } else {
                outcome.attempt = ++before;
            }
        }
    }
    return {};
}

Result<void> insert(sql::Connection& connection, std::span<const BulkItem> items, TimeUs now,
                    std::vector<BulkOutcome>& outcomes) {
    static const ManyRows kInsert(
        "INSERT INTO assignment_submissions (submitted_us, version, assignment_id, student_id, "
        "attempt, status, grade, feedback) SELECT $1, 1, v.column1, v.column2, v.column3, "
        "v.column4, v.column5, v.column6 FROM (",
        {Type::integer, Type::integer, Type::integer, Type::text, Type::real, Type::text},
        ") AS v RETURNING assignment_id, student_id, attempt, id", 1);
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, BulkOutcome*> by_key;
    std::vector<Value> values;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const BulkItem& item = items[i];
        BulkOutcome& outcome = outcomes[i];
        if (!outcome.field.empty()) continue;
        values.insert(values.end(),
                      {Value(item.assignment_id), Value(item.student_id), Value(outcome.attempt),
                       Value(item.status), Value(item.grade), Value(item.feedback)});
        by_key[{item.assignment_id, item.student_id, outcome.attempt}] = &outcome;
    }
    const std::array<Value, 1> common = {Value(now)};
    CELLMON_TRY_ASSIGN(const auto rows, kInsert.run(connection, values, common));
    for (const sql::Row& row : rows.rows)
        by_key.at({row.integer(0), row.integer(1), row.integer(2)})->id = row.integer(3);
    return {};
}

Result<void> insert_history(sql::Connection& connection, std::span<const BulkItem> items,
                            std::optional<std::int64_t> actor_id, TimeUs now,
                            const std::vector<BulkOutcome>& outcomes) {
    static const ManyRows kInsert(
        "INSERT INTO grade_history (at_us, actor_id, submission_id, new_grade, new_feedback) "
        "SELECT $1, CAST($2 AS BIGINT), v.column1, v.column2, v.column3 FROM (",
        {Type::integer, Type::real, Type::text}, ") AS v", 2);
    std::vector<Value> values;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const bool graded = items[i].grade || items[i].feedback;
        if (!outcomes[i].field.empty() || !graded) continue;
        values.insert(values.end(),
                      {Value(outcomes[i].id), Value(items[i].grade), Value(items[i].feedback)});
    }
    const std::array<Value, 2> common = {Value(now), Value(actor_id)};
    CELLMON_TRY(kInsert.run(connection, values, common));
    return {};
}

}  // namespace

Result<std::vector<BulkOutcome>> add_submissions(sql::Connection& connection,
                                                 std::span<const BulkItem> items,
                                                 std::optional<std::int64_t> actor_id,
                                                 const BulkRights& rights, TimeUs now) {
    std::vector<BulkOutcome> outcomes(items.size());
    CELLMON_TRY(judge(connection, items, rights, outcomes));
    CELLMON_TRY(insert(connection, items, now, outcomes));
    CELLMON_TRY(insert_history(connection, items, actor_id, now, outcomes));
    return outcomes;
}

}  // namespace cellmon::classroom
