// Goal: classes, who teaches them and what they are made of are kept as they were given, and what
// others name does not go. Method: each function on both engines.
#include "classroom/classes.hpp"

#include <limits>
#include <set>

#include "classroom/class_testing.hpp"
#include "classroom/limits.hpp"
#include "classroom/rosters.hpp"
#include "classroom/staff.hpp"
#include "classroom/teams.hpp"

namespace cellmon::classroom {
namespace {

class ClassesTest : public ClassTest {};

INSTANTIATE_TEST_SUITE_P(Engines, ClassesTest, sql::kTestedEngines, sql::engine_name);

TEST_P(ClassesTest, AClassIsKeptAsItWasGivenAndChanged) {
    const auto owner = account("sensei@example.com");
    const auto id = good(add_class(*connection_,
                                   {.name = "プログラミング入門",
                                    .class_code = "CS-101'; DROP TABLE classes; --",
                                    .owner_id = owner},
                                   7));
    Class row = *good(find_class(*connection_, id));
    EXPECT_EQ(row.name, "プログラミング入門");
    EXPECT_EQ(row.class_code, "CS-101'; DROP TABLE classes; --");
    EXPECT_EQ(row.owner_id, owner);
    EXPECT_TRUE(row.is_active);
    EXPECT_FALSE(row.description || row.join_code || row.updated_us);
    EXPECT_EQ(row.created_us, 7);
    EXPECT_EQ(row.version, 1);
    row.description = "月曜";
    row.is_active = false;
    row.join_code = "ABCDEFGH";
    good(store_class(*connection_, row, 9));
    const Class changed = *good(find_class(*connection_, id));
    EXPECT_EQ(changed.description, "月曜");
    EXPECT_FALSE(changed.is_active);
    EXPECT_EQ(changed.updated_us, 9);
    EXPECT_EQ(changed.version, 2);
    EXPECT_EQ(good(find_class_by_join_code(*connection_, "ABCDEFGH"))->id, id);
    EXPECT_FALSE(good(find_class(*connection_, id + 1)));
}

TEST_P(ClassesTest, CodesAreUniqueAndBounded) {
    class_row("A");
    EXPECT_EQ(code_of(add_class(*connection_, {.name = "x", .class_code = "A"}, 1)),
              ErrorCode::already_exists);
    const std::string wide = "\U00020BB7";  // Four bytes, one character.
    std::string code;
    for (std::size_t i = 0; i < kClassCode.most; ++i)
        code += wide;
    class_row(code);
    EXPECT_EQ(code_of(add_class(*connection_, {.name = "x", .class_code = code + wide}, 1)),
              ErrorCode::invalid);
    EXPECT_EQ(code_of(add_class(*connection_, {.name = "", .class_code = "B"}, 1)),
              ErrorCode::invalid);
}

TEST_P(ClassesTest, ListsShowWhatSomebodyTeachesOrIsIn) {
    const auto teacher = account("a@example.com");
    const auto first = class_row("1");
    const auto second = class_row("2");
    const auto third = class_row("3");
    const auto pupil = student("s@example.com");
    good(put_staff(*connection_, first, teacher, Role::instructor, 1));
    good(put_staff(*connection_, third, teacher, Role::assistant, 1));
    good(enrol(*connection_, second, pupil, 1));
    const auto ids = [&](const Scope& scope, sql::Page page) {
        std::vector<std::int64_t> found;
        for (const Class& row : good(list_classes(*connection_, scope, page)))
            found.push_back(row.id);
        return found;
    };
    EXPECT_EQ(ids({}, {}), (std::vector{first, second, third}));
    EXPECT_EQ(ids({}, {.skip = 1, .limit = 1}), std::vector{second});
    EXPECT_EQ(ids({.staff_id = teacher, .student_id = {}}, {}), (std::vector{first, third}));
    EXPECT_EQ(ids({.staff_id = {}, .student_id = pupil}, {}), std::vector{second});
}

TEST_P(ClassesTest, StaffHaveARoleInEachClass) {
    const auto teacher = account("a@example.com");
    const auto id = class_row("1");
    EXPECT_FALSE(good(staff_role(*connection_, id, teacher)));
    good(put_staff(*connection_, id, teacher, Role::assistant, 1));
    EXPECT_EQ(good(staff_role(*connection_, id, teacher)), Role::assistant);
    good(put_staff(*connection_, id, teacher, Role::instructor, 2));
    const auto members = good(list_staff(*connection_, id));
    ASSERT_EQ(members.size(), 1U);
    EXPECT_EQ(members[0].role, Role::instructor);
    EXPECT_EQ(members[0].email, "a@example.com");
    EXPECT_EQ(code_of(put_staff(*connection_, id, teacher + 1, Role::assistant, 1)),
              ErrorCode::reference);
    EXPECT_TRUE(good(remove_staff(*connection_, id, teacher)));
    EXPECT_FALSE(good(remove_staff(*connection_, id, teacher)));
}

TEST_P(ClassesTest, WhatOthersNameDoesNotGo) {
    const auto id = class_row("1");
    good(put_staff(*connection_, id, account("a@example.com"), Role::instructor, 1));
    const auto task = assignment(id);
    const auto pupil = student("s@example.com");
    good(enrol(*connection_, id, pupil, 1));
    const auto done = submission(task, pupil);
    EXPECT_EQ(code_of(remove_class(*connection_, id)), ErrorCode::reference);
    EXPECT_EQ(code_of(remove_assignment(*connection_, task)), ErrorCode::reference);
    EXPECT_EQ(code_of(remove_student(*connection_, pupil)), ErrorCode::reference);
    const auto used = good(find_assignment(*connection_, task))->notebook_id;
    EXPECT_EQ(code_of(remove_notebook(*connection_, used)), ErrorCode::reference);
    good(remove_submission(*connection_, done));
    good(remove_assignment(*connection_, task));
    EXPECT_EQ(code_of(remove_class(*connection_, id)), ErrorCode::reference) << "its roster";
    EXPECT_TRUE(good(leave(*connection_, id, pupil)));
    good(remove_class(*connection_, id));
    good(remove_student(*connection_, pupil));
    good(remove_notebook(*connection_, used));
    EXPECT_FALSE(good(find_class(*connection_, id)));
}

TEST_P(ClassesTest, AssignmentsAreKeptAndListedByClass) {
    const auto id = class_row("1");
    const auto other = class_row("2");
    const auto task = assignment(id, 500);
    assignment(other);
    Assignment row = *good(find_assignment(*connection_, task));
    EXPECT_EQ(row.due_us, 500);
    EXPECT_FALSE(row.points);
    row.points = 12.5;
    row.due_us.reset();
    row.description = "説明";
    good(store_assignment(*connection_, row, 2));
    row = *good(find_assignment(*connection_, task));
    EXPECT_EQ(row.points, 12.5);
    EXPECT_FALSE(row.due_us);
    EXPECT_EQ(row.version, 2);
    EXPECT_EQ(good(list_assignments(*connection_, {}, id, {})).size(), 1U);
    EXPECT_EQ(good(list_assignments(*connection_, {}, {}, {})).size(), 2U);
    const auto teacher = account("a@example.com");
    good(put_staff(*connection_, other, teacher, Role::instructor, 1));
    const Scope mine{.staff_id = teacher, .student_id = {}};
    EXPECT_EQ(good(list_assignments(*connection_, mine, {}, {})).size(), 1U);
    EXPECT_TRUE(good(list_assignments(*connection_, mine, id, {})).empty());
    row.class_id = 99;
    EXPECT_EQ(code_of(store_assignment(*connection_, row, 3)), ErrorCode::reference);
    row.class_id = id;
    row.points = -1;
    EXPECT_EQ(code_of(store_assignment(*connection_, row, 3)), ErrorCode::invalid);
}

TEST_P(ClassesTest, NotebooksAndTeamsAreUnique) {
    const auto book = notebook("教材/第1回.ipynb");
    EXPECT_EQ(code_of(add_notebook(*connection_, {.path = "教材/第1回.ipynb", .name = "n"}, 1)),
              ErrorCode::already_exists);
    Notebook row = *good(find_notebook(*connection_, book));
    row.name = "新";
    good(store_notebook(*connection_, row, 2));
    EXPECT_EQ(good(list_notebooks(*connection_, {}))[0].name, "新");
    const auto team = good(add_team(*connection_, {.team_name = "赤"}, 1));
    EXPECT_EQ(code_of(add_team(*connection_, {.team_name = "赤"}, 1)), ErrorCode::already_exists);
    Team changed = *good(find_team(*connection_, team));
    changed.description = "一班";
    good(store_team(*connection_, changed, 2));
    EXPECT_EQ(good(list_teams(*connection_, {}))[0].description, "一班");
    EXPECT_EQ(good(find_team(*connection_, team))->version, 2);
    Student pupil{.email = "s@example.com", .name = "", .team_id = team};
    pupil.id = good(add_student(*connection_, pupil, 1));
    EXPECT_EQ(good(find_student(*connection_, pupil.id))->team_name, "赤");
    EXPECT_EQ(code_of(remove_team(*connection_, team)), ErrorCode::reference);
    pupil.team_id = team + 1;
    EXPECT_EQ(code_of(store_student(*connection_, pupil, 2)), ErrorCode::reference);
    pupil.team_id.reset();
    good(store_student(*connection_, pupil, 2));
    good(remove_team(*connection_, team));
}

TEST_P(ClassesTest, TheSchemaChecksTheSameLimitsAsTheProgram) {
    const auto accepts = [&](const char* column, const char* insert, TextLimit limit) {
        for (const std::size_t length : {limit.most, limit.most + 1}) {
            const auto done = connection_->run(insert, std::string(length, 'a'));
            EXPECT_EQ(done.has_value(), length <= limit.most) << column << ' ' << length;
        }
        if (limit.least > 0) {
            EXPECT_FALSE(connection_->run(insert, std::string(limit.least - 1, 'b'))) << column;
        }
    };
    accepts("team", "INSERT INTO teams (team_name, created_us, version) VALUES ($1, 1, 1)",
            kTeamName);
    accepts("path",
            "INSERT INTO notebooks (path, name, created_us, version) VALUES ($1, 'n', 1, 1)",
            kNotebookPath);
    accepts("name",
            "INSERT INTO notebooks (path, name, created_us, version) VALUES ('p', $1, 1, 1)",
            kNotebookName);
    accepts(
        "email",
        "INSERT INTO students (email, email_key, name, created_us, version) VALUES ($1, $1, '', "
        "1, 1)",
        kStudentEmail);
    accepts("student",
            "INSERT INTO students (email, email_key, name, created_us, version) VALUES ('a@b', "
            "'a@b', $1, 1, 1)",
            kStudentName);
    accepts(
        "class",
        "INSERT INTO classes (class_code, name, is_active, created_us, version) VALUES ('c', $1, "
        "TRUE, 1, 1)",
        kClassName);
    accepts("description", "UPDATE classes SET description = $1", kDescription);
    const auto task = assignment(class_row("d"));
    accepts("title", "UPDATE class_assignments SET title = $1", kTitle);
    submission(task, student("t@example.com"));
    accepts("status", "UPDATE assignment_submissions SET status = $1", kSubmissionStatus);
    accepts("feedback", "UPDATE assignment_submissions SET feedback = $1", kFeedback);
    for (const double grade : {-0.5, kMostPoints * 2, std::numeric_limits<double>::infinity()}) {
        EXPECT_FALSE(connection_->run("UPDATE assignment_submissions SET grade = $1", grade));
    }
    EXPECT_TRUE(connection_->run("UPDATE assignment_submissions SET grade = $1", kMostPoints));
}

TEST(JoinCode, IsEasyToTypeAndHardToGuess) {
    SystemRandom random;
    std::set<std::string> codes;
    for (int i = 0; i < 1000; ++i) {
        const std::string code = make_join_code(random);
        EXPECT_EQ(code.size(), 8U);
        EXPECT_EQ(code.find_first_of("01IOabc-"), std::string::npos) << code;
        codes.insert(code);
    }
    EXPECT_EQ(codes.size(), 1000U);
    EXPECT_EQ(normal_join_code(" abcd-2345 "), "ABCD2345");
}

TEST(NotebookName, IsTheLastPartOfThePath) {
    EXPECT_EQ(notebook_name_of("a/b.ipynb"), "b.ipynb");
    EXPECT_EQ(notebook_name_of("b.ipynb"), "b.ipynb");
    EXPECT_EQ(notebook_name_of("教材/"), "教材");
    EXPECT_EQ(notebook_name_of("/"), "/");
    std::string wide = "a/";
    for (int i = 0; i < 300; ++i)
        wide += "あ";
    EXPECT_EQ(characters_of(notebook_name_of(wide)), kNotebookName.most);
}

TEST(StudentEmail, IsAnythingThatEventsMayCarry) {
    EXPECT_TRUE(check_student_email("student001@example.com"));
    EXPECT_TRUE(check_student_email("学生@local"));
    EXPECT_TRUE(check_student_email(std::string(318, 'a') + "@b"));
    for (const std::string bad :
         {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a@b,c", "\"a\"@b"}) {
        EXPECT_FALSE(check_student_email(bad)) << bad;
    }
    EXPECT_FALSE(check_student_email(std::string(319, 'a') + "@b"));
}

}  // namespace
}  // namespace cellmon::classroom
