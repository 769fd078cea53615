// Goal: each submission is stored once, as the attempt it is; of many sent at once the good ones
// are stored and each other is named with its field and reason; every grade stays in the history;
// figures are right. Method: on both engines, figures against a plain computation.
#include "classroom/submissions.hpp"

#include <algorithm>
#include <cmath>

#include <rapidcheck.h>

#include "classroom/bulk_submissions.hpp"
#include "classroom/class_testing.hpp"
#include "classroom/grades.hpp"
#include "classroom/rosters.hpp"
#include "classroom/staff.hpp"

namespace cellmon::classroom {
namespace {

class SubmissionsTest : public ClassTest {
  protected:
    Submission find(std::int64_t id) { return *good(find_submission(*connection_, id)); }
    std::vector<BulkOutcome> add_all(const std::vector<BulkItem>& items,
                                     const BulkRights& rights = kAll) {
        return good(add_submissions(*connection_, items, std::nullopt, rights, 100));
    }
    void grade(std::int64_t id, std::optional<double> grade, std::optional<std::string> feedback,
               std::optional<std::int64_t> actor, TimeUs now) {
        const Submission before = find(id);
        Submission after = before;
        after.grade = grade;
        after.feedback = std::move(feedback);
        good(store_submission(*connection_, after));
        good(record_grade(*connection_, before, after, actor, now));
    }

    static inline const BulkRights kAll{
        [](sql::Connection&, std::int64_t) -> Result<bool> { return true; }};
};

INSTANTIATE_TEST_SUITE_P(Engines, SubmissionsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(SubmissionsTest, HandedInAgainIsANewAttempt) {
    const auto task = assignment(class_row("1"), 500);
    const auto pupil = student("a@example.com");
    const auto first = submission(task, pupil, {}, 500);
    const auto second = submission(task, pupil, 7.5, 501);
    EXPECT_EQ(find(first).attempt, 1);
    EXPECT_FALSE(find(first).is_late) << "at the due date itself";
    EXPECT_EQ(find(second).attempt, 2);
    EXPECT_TRUE(find(second).is_late);
    EXPECT_EQ(find(second).grade, 7.5);
    EXPECT_EQ(code_of(add_submission(*connection_,
                                     {.assignment_id = task, .student_id = pupil, .attempt = 2})),
              ErrorCode::already_exists);
    EXPECT_EQ(code_of(add_submission(*connection_, {.assignment_id = 99, .student_id = pupil})),
              ErrorCode::reference);
    EXPECT_EQ(code_of(add_submission(*connection_, {.assignment_id = task, .student_id = 99})),
              ErrorCode::reference);
    Assignment moved = *good(find_assignment(*connection_, task));
    moved.due_us = 600;
    good(store_assignment(*connection_, moved, 1));
    EXPECT_FALSE(find(second).is_late) << "a due date that moved forgives";
}

TEST_P(SubmissionsTest, ListsAreFilteredAndScoped) {
    const auto mine = class_row("1");
    const auto first = assignment(mine);
    const auto second = assignment(class_row("2"));
    const auto a = student("a@example.com");
    const auto b = student("b@example.com");
    for (const auto task : {first, second}) {
        submission(task, a);
        submission(task, b);
    }
    const auto count = [&](const Scope& scope, std::optional<std::int64_t> task,
                           std::optional<std::int64_t> pupil) {
        return good(list_submissions(*connection_, scope, task, pupil, {})).size();
    };
    EXPECT_EQ(count({}, {}, {}), 4U);
    EXPECT_EQ(count({}, first, {}), 2U);
    EXPECT_EQ(count({}, {}, b), 2U);
    EXPECT_EQ(count({}, second, a), 1U);
    const auto teacher = account("t@example.com");
    good(put_staff(*connection_, mine, teacher, Role::assistant, 1));
    const Scope staff{.staff_id = teacher, .student_id = {}};
    EXPECT_EQ(count(staff, {}, {}), 2U);
    EXPECT_EQ(count(staff, second, {}), 0U);
    const Scope self{.staff_id = {}, .student_id = a};
    EXPECT_EQ(count(self, {}, {}), 2U);
    EXPECT_EQ(count(self, {}, b), 0U) << "nobody else's";
}

TEST_P(SubmissionsTest, OfManyEachBadOneIsNamedAndTheOthersAreStored) {
    const auto mine = class_row("1");
    const auto task = assignment(mine);
    const auto theirs = assignment(class_row("2"));
    const auto pupil = student("a@example.com");
    submission(task, pupil);
    const std::vector<BulkItem> items = {
        {.index = 0, .assignment_id = task, .student_id = pupil},
        {.index = 1, .assignment_id = 99, .student_id = pupil},
        {.index = 2, .assignment_id = task, .student_id = 98},
        {.index = 3, .assignment_id = theirs, .student_id = pupil},
        {.index = 4, .assignment_id = task, .student_id = pupil, .attempt = 2},
        {.index = 5, .assignment_id = task, .student_id = pupil, .attempt = 5},
        {.index = 7, .assignment_id = task, .student_id = pupil, .attempt = 3, .grade = 4.0},
    };
    BulkRights rights;
    rights.class_is_theirs = [&](sql::Connection&, std::int64_t id) -> Result<bool> {
        return id == mine;
    };
    const auto outcomes = add_all(items, rights);
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"", ""},
        {"assignment_id", "Assignment with id 99 not found"},
        {"student_id", "Student with id 98 not found"},
        {"assignment_id", "Assignment with id " + std::to_string(theirs) + " not found"},
        {"attempt", "attempt 2 exists already"},
        {"attempt", "the next attempt is 3"},
        {"", ""}};
    ASSERT_EQ(outcomes.size(), faults.size());
    for (std::size_t i = 0; i < faults.size(); ++i) {
        EXPECT_EQ(outcomes[i].index, items[i].index);
        EXPECT_EQ(outcomes[i].field, faults[i].first) << i;
        EXPECT_EQ(outcomes[i].reason, faults[i].second) << i;
    }
    EXPECT_EQ(outcomes[0].attempt, 2);
    EXPECT_EQ(find(outcomes[0].id).attempt, 2);
    EXPECT_EQ(find(outcomes[6].id).grade, 4.0);
    EXPECT_EQ(find(outcomes[6].id).submitted_us, 100);
    EXPECT_EQ(good(list_submissions(*connection_, {}, {}, {}, {})).size(), 3U);
    const auto history = good(grade_history(*connection_, outcomes[6].id, {}));
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0].new_grade, 4.0);
    EXPECT_FALSE(history[0].old_grade);
    EXPECT_TRUE(good(grade_history(*connection_, outcomes[0].id, {})).empty());
}

TEST_P(SubmissionsTest, OnlyStudentsOfTheClassWhereOnlySuchMayBe) {
    const auto mine = class_row("1");
    const auto task = assignment(mine);
    const auto inside = student("a@example.com");
    const auto outside = student("b@example.com");
    good(enrol(*connection_, mine, inside, 1));
    good(enrol(*connection_, class_row("2"), outside, 1));
    BulkRights rights = kAll;
    rights.roster_only = true;
    const auto outcomes = add_all({{.index = 0, .assignment_id = task, .student_id = inside},
                                   {.index = 1, .assignment_id = task, .student_id = outside}},
                                  rights);
    EXPECT_EQ(outcomes[0].field, "");
    EXPECT_EQ(outcomes[1].field, "student_id");
}

TEST_P(SubmissionsTest, FiveThousandAtOnce) {
    std::vector<std::int64_t> tasks;
    std::vector<RosterLine> lines;
    for (int i = 0; i < 100; ++i)
        lines.push_back({"s" + std::to_string(i) + "@example.com", "", ""});
    for (int i = 0; i < 5; ++i) {
        const auto id = class_row(std::to_string(i));
        good(import_roster(*connection_, id, lines, 1));
        for (int j = 0; j < 10; ++j)
            tasks.push_back(assignment(id));
    }
    std::vector<BulkItem> items;
    for (const auto task : tasks) {
        for (const Student& pupil : good(list_students(*connection_, {}, {}))) {
            items.push_back({.index = items.size(),
                             .assignment_id = task,
                             .student_id = pupil.id,
                             .attempt = 1,
                             .grade = 50.0,
                             .feedback = "良い"});
        }
    }
    ASSERT_EQ(items.size(), 5'000U);
    good(connection_->begin(sql::Access::write));
    const auto outcomes = add_all(items);
    good(connection_->commit());
    EXPECT_TRUE(std::all_of(outcomes.begin(), outcomes.end(),
                            [](const auto& one) { return one.field.empty() && one.id > 0; }));
    const auto count = connection_->run("SELECT count(*) FROM assignment_submissions");
    EXPECT_EQ(count->front().integer(0), 5'000);
    // The same again: each is refused, none is stored twice.
    const auto again = add_all(items);
    EXPECT_TRUE(std::all_of(again.begin(), again.end(),
                            [](const auto& one) { return one.field == "attempt"; }));
}

TEST_P(SubmissionsTest, EveryGradeStaysInTheHistory) {
    const auto id = submission(assignment(class_row("1")), student("a@example.com"));
    const auto first = account("a@example.com");
    const auto second = account("b@example.com");
    grade(id, 60, "もう少し", first, 1);
    grade(id, 60, "もう少し", first, 2);
    grade(id, 75, "もう少し", second, 3);
    grade(id, std::nullopt, std::nullopt, std::nullopt, 4);
    const auto history = good(grade_history(*connection_, id, {}));
    ASSERT_EQ(history.size(), 3U) << "what changes nothing is no change";
    EXPECT_FALSE(history[0].old_grade || history[0].old_feedback);
    EXPECT_EQ(history[0].new_grade, 60);
    EXPECT_EQ(history[0].actor, "a@example.com");
    EXPECT_EQ(history[1].old_grade, 60);
    EXPECT_EQ(history[1].new_grade, 75);
    EXPECT_EQ(history[1].actor_id, second);
    EXPECT_EQ(history[1].at_us, 3);
    EXPECT_EQ(history[2].old_feedback, "もう少し");
    EXPECT_FALSE(history[2].new_grade || history[2].actor_id);
    EXPECT_EQ(find(id).version, 5);
    good(remove_submission(*connection_, id));
    EXPECT_TRUE(good(grade_history(*connection_, id, {})).empty());
}

TEST_P(SubmissionsTest, FiguresAreThoseOfTheLatestGradedAttempts) {
    const auto id = class_row("1");
    const auto task = assignment(id, 500);
    GradeFigures none = good(grade_figures(*connection_, task));
    EXPECT_EQ(none.submitted + none.graded + none.late + none.attempts, 0);
    EXPECT_FALSE(none.least || none.most || none.mean || none.median);
    const auto a = student("a@example.com");
    const auto b = student("b@example.com");
    const auto c = student("c@example.com");
    for (const auto pupil : {a, b, c})
        good(enrol(*connection_, id, pupil, 1));
    submission(task, a, 10.0, 400);
    submission(task, a, 90.0, 600);
    submission(task, a, std::nullopt, 700);
    submission(task, b, 50.0, 600);
    const GradeFigures figures = good(grade_figures(*connection_, task));
    EXPECT_EQ(figures.students, 3);
    EXPECT_EQ(figures.submitted, 2);
    EXPECT_EQ(figures.attempts, 4);
    EXPECT_EQ(figures.late, 1) << "the first was in time once";
    EXPECT_EQ(figures.graded, 2);
    EXPECT_EQ(figures.least, 50.0);
    EXPECT_EQ(figures.most, 90.0);
    EXPECT_EQ(figures.mean, 70.0);
    EXPECT_EQ(figures.median, 70.0);
    const auto grades = good(grades_of_class(*connection_, id));
    ASSERT_EQ(grades.size(), 2U);
    EXPECT_EQ(grades[0].student_id, a);
    EXPECT_EQ(grades[0].grade, 90.0);
}

TEST_P(SubmissionsTest, TheMedianIsTheMiddle) {
    const auto id = class_row("1");
    std::vector<RosterLine> lines;
    for (int i = 0; i < 12; ++i)
        lines.push_back({"s" + std::to_string(i) + "@example.com", "", ""});
    good(import_roster(*connection_, id, lines, 1));
    const auto pupils = good(list_students(*connection_, {}, {}));
    const auto task = assignment(id);
    EXPECT_TRUE(rc::check([&] {
        const auto size = *rc::gen::inRange<std::size_t>(1, 13);
        const auto drawn = *rc::gen::container<std::vector<int>>(size, rc::gen::inRange(0, 100));
        good(connection_->begin(sql::Access::write));
        for (std::size_t i = 0; i < size; ++i)
            submission(task, pupils[i].id, drawn[i]);
        auto sorted = drawn;
        std::sort(sorted.begin(), sorted.end());
        const double middle = (sorted[(size - 1) / 2] + sorted[size / 2]) / 2.0;
        const GradeFigures figures = good(grade_figures(*connection_, task));
        connection_->rollback();
        RC_ASSERT(figures.graded == static_cast<std::int64_t>(size));
        RC_ASSERT(std::abs(figures.median.value_or(-1) - middle) < 1e-9);
        RC_ASSERT(figures.least == sorted.front());
        RC_ASSERT(figures.most == sorted.back());
    }));
}

}  // namespace
}  // namespace cellmon::classroom
