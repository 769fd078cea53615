// Goal: a roster comes in whole, any number of times, and renames nobody that others teach.
// Method: on both engines.
#include "classroom/rosters.hpp"

#include "classroom/class_testing.hpp"
#include "classroom/staff.hpp"
#include "classroom/teams.hpp"

namespace cellmon::classroom {
namespace {

class RostersTest : public ClassTest {
  protected:
    RosterOutcome import(std::int64_t class_id, const std::vector<RosterLine>& lines) {
        return good(import_roster(*connection_, class_id, lines, 5));
    }
    Student find(const std::string& email) { return *good(find_student(*connection_, email)); }
};

INSTANTIATE_TEST_SUITE_P(Engines, RostersTest, sql::kTestedEngines, sql::engine_name);

TEST_P(RostersTest, NewStudentsAndTeamsAreMade) {
    const auto id = class_row("1");
    std::vector<RosterLine> lines;
    for (int i = 0; i < 300; ++i) {
        lines.push_back({"S" + std::to_string(i) + "@example.com", "学生" + std::to_string(i),
                         i % 3 == 0 ? "" : "班" + std::to_string(i % 3)});
    }
    RosterOutcome outcome = import(id, lines);
    EXPECT_EQ(outcome.students_added, 300);
    EXPECT_EQ(outcome.students_changed, 0);
    EXPECT_EQ(outcome.enrolled, 300);
    EXPECT_EQ(outcome.total, 300);
    const Student seven = find("s7@EXAMPLE.com");
    EXPECT_EQ(seven.email, "S7@example.com");
    EXPECT_EQ(seven.name, "学生7");
    EXPECT_EQ(seven.team_name, "班1");
    EXPECT_FALSE(find("s0@example.com").team_id);
    outcome = import(id, lines);
    EXPECT_EQ(outcome.students_added + outcome.students_changed + outcome.enrolled, 0);
    EXPECT_EQ(find("s7@example.com").version, 1) << "nothing changed";
    EXPECT_EQ(good(list_roster(*connection_, id, {.skip = 298, .limit = 10})).size(), 2U);
}

TEST_P(RostersTest, WhoIsThereGetsNameAndTeamOfTheLine) {
    const auto id = class_row("1");
    import(id, {{"a@example.com", "古い名前", "赤"}});
    RosterOutcome outcome = import(id, {{"A@example.com", "新しい名前", "青"}});
    EXPECT_EQ(outcome.students_changed, 1);
    Student pupil = find("a@example.com");
    EXPECT_EQ(pupil.name, "新しい名前");
    EXPECT_EQ(pupil.team_name, "青");
    EXPECT_EQ(pupil.version, 2);
    outcome = import(id, {{"a@example.com", "", ""}});
    EXPECT_EQ(outcome.students_changed, 0);
    EXPECT_EQ(find("a@example.com").name, "新しい名前") << "an empty field says nothing";
}

TEST_P(RostersTest, StudentsOfAnotherClassAreNotRenamed) {
    const auto theirs = class_row("1");
    const auto mine = class_row("2");
    import(theirs, {{"a@example.com", "本名", "赤"}});
    const RosterOutcome outcome = import(mine, {{"a@example.com", "偽名", "青"}});
    EXPECT_EQ(outcome.students_changed, 0);
    EXPECT_EQ(outcome.enrolled, 1);
    EXPECT_EQ(find("a@example.com").name, "本名");
    EXPECT_EQ(find("a@example.com").team_name, "赤");
}

TEST_P(RostersTest, MembershipIsAskedFor) {
    const auto id = class_row("1");
    const auto pupil = student("a@example.com");
    EXPECT_FALSE(good(is_on_roster(*connection_, id, pupil)));
    EXPECT_TRUE(good(enrol(*connection_, id, pupil, 3)));
    EXPECT_FALSE(good(enrol(*connection_, id, pupil, 4)));
    EXPECT_TRUE(good(is_on_roster(*connection_, id, pupil)));
    EXPECT_EQ(good(list_roster(*connection_, id, {}))[0].joined_us, 3);
    EXPECT_EQ(code_of(enrol(*connection_, id, pupil + 1, 3)), ErrorCode::reference);
    const auto teacher = account("t@example.com");
    EXPECT_FALSE(good(teaching_of(*connection_, teacher, pupil)).any);
    good(put_staff(*connection_, id, teacher, Role::assistant, 1));
    EXPECT_TRUE(good(teaching_of(*connection_, teacher, pupil)).any);
    EXPECT_FALSE(good(teaching_of(*connection_, teacher, pupil)).every);
    const Scope mine{.staff_id = teacher, .student_id = {}};
    EXPECT_EQ(good(list_students(*connection_, mine, {})).size(), 1U);
    EXPECT_TRUE(good(leave(*connection_, id, pupil)));
    EXPECT_TRUE(good(list_students(*connection_, mine, {})).empty());
    EXPECT_EQ(good(list_students(*connection_, {}, {})).size(), 1U);
}

TEST_P(RostersTest, WhatOthersUseIsKnown) {
    const auto mine = class_row("1");
    const auto theirs = class_row("2");
    const auto teacher = account("t@example.com");
    good(put_staff(*connection_, mine, teacher, Role::instructor, 1));
    good(put_staff(*connection_, theirs, teacher, Role::assistant, 1));
    import(mine, {{"a@example.com", "", "赤"}});
    const Student pupil = find("a@example.com");
    EXPECT_TRUE(good(teaching_of(*connection_, teacher, pupil.id)).every);
    EXPECT_FALSE(good(team_is_used_by_others(*connection_, *pupil.team_id, teacher)));
    good(enrol(*connection_, theirs, pupil.id, 1));
    EXPECT_FALSE(good(teaching_of(*connection_, teacher, pupil.id)).every);
    EXPECT_TRUE(good(team_is_used_by_others(*connection_, *pupil.team_id, teacher)));
    const auto book = good(find_assignment(*connection_, assignment(mine)))->notebook_id;
    EXPECT_FALSE(good(notebook_is_used_by_others(*connection_, book, teacher)));
    good(add_assignment(*connection_, {.class_id = theirs, .notebook_id = book, .title = "t"}, 1));
    EXPECT_TRUE(good(notebook_is_used_by_others(*connection_, book, teacher)));
    EXPECT_FALSE(good(teaching_of(*connection_, teacher, student("b@example.com"))).every);
}

TEST_P(RostersTest, AnAddressIsTakenInAnyCase) {
    student("a@example.com");
    EXPECT_EQ(code_of(add_student(*connection_, {.email = "A@Example.com", .name = ""}, 1)),
              ErrorCode::already_exists);
}

}  // namespace
}  // namespace cellmon::classroom
