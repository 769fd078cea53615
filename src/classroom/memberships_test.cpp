// Goal: who teaches what, and who is in what class, as the rows have it. Method: rows of each kind
// on both engines.
#include "classroom/memberships.hpp"

#include "classroom/class_testing.hpp"
#include "classroom/rosters.hpp"
#include "classroom/staff.hpp"

namespace cellmon::classroom {
namespace {

class MembershipsTest : public ClassTest {};
INSTANTIATE_TEST_SUITE_P(Engines, MembershipsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(MembershipsTest, AreThoseOfActiveStaffAndOfRosters) {
    const auto one = class_row("C1");
    const auto two = class_row("C2");
    const auto teacher = account("teacher@x.org");
    const auto helper = account("helper@x.org", Role::assistant);
    const auto admin = account("admin@x.org", Role::admin);
    const auto demoted = account("demoted@x.org");
    const auto gone = account("gone@x.org");
    for (const auto& [class_id, who] :
         {std::pair{one, teacher}, {two, teacher}, {two, helper}, {one, demoted}, {one, gone}}) {
        good(put_staff(*connection_, class_id, who, Role::instructor, 1));
    }
    good(change_account(*connection_, demoted, {.role = Role::student}, 2));
    good(change_account(*connection_, gone, {.is_active = false}, 2));
    good(enrol(*connection_, one, student("Hanako@X.org"), 1));
    student("nobody@x.org");
    const auto found = good(read_memberships(*connection_));
    EXPECT_EQ(found.admins, std::set{admin});
    EXPECT_EQ(found.codes, (std::map<std::int64_t, std::string>{{one, "C1"}, {two, "C2"}}));
    EXPECT_EQ(found.classes_of, (std::map<std::int64_t, std::set<std::int64_t>>{
                                    {teacher, {one, two}}, {helper, {two}}}));
    EXPECT_EQ(found.rosters,
              (std::map<std::int64_t, std::vector<std::string>>{{one, {"hanako@x.org"}}}));
    EXPECT_EQ(good(read_memberships(*connection_)), found);
}

}  // namespace
}  // namespace cellmon::classroom
