#include "classroom/rosters.hpp"

#include <array>

#include <fmt/format.h>

#include "classroom/email.hpp"
#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

using sql::ManyRows;
using sql::Type;
using sql::Value;

Result<std::int64_t> count_students(sql::Connection& connection) {
    CELLMON_TRY_ASSIGN(const auto rows, connection.run("SELECT count(*) FROM students"));
    return rows.front().integer(0);
}

}  // namespace

Result<std::vector<RosterEntry>> list_roster(sql::Connection& connection, std::int64_t class_id,
                                             sql::Page page) {
    static const std::string kSelectRosters = fmt::format(
        "SELECT {}, r.joined_us FROM student_classes r JOIN students s ON s.id = r.student_id "
        "LEFT JOIN teams t ON t.id = s.team_id",
        kStudentColumns);
    constexpr std::size_t kJoined = 8;  // Behind kStudentColumns.
    sql::Conditions conditions;
    conditions.add("r.class_id = ?", class_id);
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectRosters,
                                                          "ORDER BY r.student_id", page));
    std::vector<RosterEntry> entries;
    entries.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        entries.push_back({student_of(row), row.integer(kJoined)});
    return entries;
}

Result<bool> is_on_roster(sql::Connection& connection, std::int64_t class_id,
                          std::int64_t student_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT 1 FROM student_classes WHERE class_id = $1 AND student_id = $2",
                       class_id, student_id));
    return !rows.empty();
}

Result<std::int64_t> roster_size(sql::Connection& connection, std::int64_t class_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT count(*) FROM student_classes WHERE class_id = $1", class_id));
    return rows.front().integer(0);
}

Result<bool> enrol(sql::Connection& connection, std::int64_t class_id, std::int64_t student_id,
                   TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO student_classes (class_id, student_id, joined_us) "
                       "VALUES ($1, $2, $3) ON CONFLICT (class_id, student_id) DO NOTHING",
                       class_id, student_id, now));
    return rows.changed == 1;
}

Result<bool> leave(sql::Connection& connection, std::int64_t class_id, std::int64_t student_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("DELETE FROM student_classes WHERE class_id = $1 AND student_id = $2",
                       class_id, student_id));
    return rows.changed == 1;
}

Result<RosterOutcome> import_roster(sql::Connection& connection, std::int64_t class_id,
                                    std::span<const RosterLine> lines, TimeUs now) {
    // `WHERE TRUE` keeps SQLite from taking ON for the beginning of a join.
    static const ManyRows kAddTeams(
        "INSERT INTO teams (team_name, created_us, version) SELECT DISTINCT v.column1, $1, 1 FROM "
        "(",
        {Type::text}, ") AS v WHERE TRUE ON CONFLICT (team_name) DO NOTHING", 1);
    static const ManyRows kAddStudents(
        "INSERT INTO students (email, email_key, name, team_id, created_us, version) "
        "SELECT v.column1, v.column2, v.column3, t.id, $1, 1 FROM (",
        {Type::text, Type::text, Type::text, Type::text},
        ") AS v LEFT JOIN teams t ON t.team_name = v.column4 WHERE TRUE "
        "ON CONFLICT (email_key) DO UPDATE SET "
        "name = CASE WHEN excluded.name = '' THEN students.name ELSE excluded.name END, "
        "team_id = coalesce(excluded.team_id, students.team_id), updated_us = $1, "
        "version = students.version + 1 "
        "WHERE ((excluded.name <> '' AND excluded.name <> students.name) OR "
        "coalesce(excluded.team_id, 0) NOT IN (0, coalesce(students.team_id, 0))) AND NOT EXISTS "
        "(SELECT 1 FROM student_classes r WHERE r.student_id = students.id AND r.class_id <> $2)",
        2);
    static const ManyRows kEnrol(
        "INSERT INTO student_classes (class_id, student_id, joined_us) SELECT $2, s.id, $1 FROM (",
        {Type::text},
        ") AS v JOIN students s ON s.email_key = v.column1 WHERE TRUE "
        "ON CONFLICT (class_id, student_id) DO NOTHING",
        2);

    std::vector<Value> teams;
    std::vector<Value> students;
    std::vector<Value> keys;
    for (const RosterLine& line : lines) {
        const std::string key = email_key(line.email);
        if (!line.team.empty()) teams.emplace_back(line.team);
        students.insert(students.end(),
                        {Value(line.email), Value(key), Value(line.name), Value(line.team)});
        keys.emplace_back(key);
    }
    const std::array<Value, 2> common = {Value(now), Value(class_id)};
    CELLMON_TRY_ASSIGN(const std::int64_t before, count_students(connection));
    CELLMON_TRY(kAddTeams.run(connection, teams, std::span(common).first<1>()));
    CELLMON_TRY_ASSIGN(const auto written, kAddStudents.run(connection, students, common));
    CELLMON_TRY_ASSIGN(const auto enrolled, kEnrol.run(connection, keys, common));
    CELLMON_TRY_ASSIGN(const std::int64_t after, count_students(connection));
    RosterOutcome outcome;
    outcome.students_added = after - before;
    outcome.students_changed = written.changed - outcome.students_added;
    outcome.enrolled = enrolled.changed;
    CELLMON_TRY_ASSIGN(outcome.total, roster_size(connection, class_id));
    return outcome;
}

}  // namespace cellmon::classroom
