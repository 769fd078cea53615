// Goal: a sight shows students of its classes and nobody else. Method: the rule of
// docs/decisions/0008-whose-students.md as a table, and a picture of a few students.

#include "live/sight.hpp"

#include <gtest/gtest.h>

namespace cellmon::live {
namespace {

Sight::Rows rows_of(ClassCodes own, std::unordered_set<std::string> roster = {}) {
    return {std::move(own), std::make_shared<const ClassCodes>(ClassCodes{"C1", "C2", "C3"}),
            std::move(roster)};
}

TEST(Sight, TheClassOfTheEventsDecidesAndTheRosterWhereThereIsNone) {
    const Sight sight(1, rows_of({"C1", "C2"}, {"on@example.com"}));
    struct Case {
        const char* email;
        const char* class_code;
        bool seen;
        const char* why;
    };
    for (const Case& each : std::initializer_list<Case>{
             {"any@example.com", "C1", true, "names a class of theirs"},
             {"any@example.com", "C2", true, "or another one"},
             {"any@example.com", "C3", false, "names a class of others"},
             {"any@example.com", "", false, "names none, on no roster"},
             {"any@example.com", "C9", false, "names one that nobody made, on no roster"},
             {"on@example.com", "", true, "names none, on the roster"},
             {"On@Example.COM", "", true, "addresses are compared without regard to case"},
             {"on@example.com", "C9", true, "names one that nobody made, on the roster"},
             {"on@example.com", "C3", false, "a roster pulls nobody over from a class of others"},
             {"on@example.com", "c1", true, "codes are compared as they are written"},
             {"any@example.com", "c1", false, "codes are compared as they are written"},
         }) {
        EXPECT_EQ(sight.sees(each.email, each.class_code), each.seen)
            << each.email << ' ' << each.class_code << ": " << each.why;
    }
}

TEST(Sight, WhoTeachesNothingSeesNobody) {
    const Sight sight(1, rows_of({}));
    for (const char* code : {"", "C1", "C9"})
        EXPECT_FALSE(sight.sees("on@example.com", code));
}

TEST(Sight, IsTheSameWhileItsRowsAre) {
    const Sight sight(1, rows_of({"C1"}, {"a@x"}));
    EXPECT_TRUE(sight.holds(rows_of({"C1"}, {"a@x"})));
    EXPECT_FALSE(sight.holds(rows_of({"C1"}, {"b@x"})));
    EXPECT_FALSE(sight.holds(rows_of({"C2"}, {"a@x"})));
    Sight::Rows more = rows_of({"C1"}, {"a@x"});
    more.made = std::make_shared<const ClassCodes>(ClassCodes{"C1"});
    EXPECT_FALSE(sight.holds(more)) << "a class that was made may take a student away";
}

TEST(Sight, ThePictureHoldsWhomItSees) {
    auto whole = std::make_shared<Picture>();
    auto places = std::make_shared<StudentIndex>();
    for (const auto& [email, code] : {std::pair{"a@x", "C1"}, {"b@x", "C3"}, {"c@x", "C2"}}) {
        boost::intrusive_ptr student(new StudentPicture());
        student->view.email = email;
        student->view.class_code = code;
        student->view.executions = 5;
        places->add(email, whole->students.size());
        whole->all.add(student->view);
        whole->students.push_back(std::move(student));
    }
    whole->places = std::move(places);
    whole->sequence = 9;
    const PicturePtr picture = whole;
    EXPECT_EQ(seen(picture, nullptr), picture);
    const auto part = seen(picture, std::make_shared<Sight>(1, rows_of({"C1", "C2"})));
    EXPECT_EQ(part->sequence, 9U);
    EXPECT_EQ(part->all.students, 2U);
    EXPECT_EQ(part->all.executions, 10U);
    ASSERT_TRUE(part->find("c@x"));
    EXPECT_EQ(part->find("c@x")->view.class_code, "C2");
    EXPECT_FALSE(part->find("b@x"));
}

}  // namespace
}  // namespace cellmon::live
