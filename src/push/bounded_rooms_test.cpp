// Goal: nobody is sent a student whom they may not see, in whatever room, also when what they may
// see changes while they look; who sees the same shares a room. Method: the hub in memory, clients
// with sights, and all bytes that were sent to them.

#include "push/hub_testing.hpp"

namespace cellmon::push {
namespace {

TEST(BoundedRooms, NobodySeesStudentsOfOtherClasses) {
    Classroom room;
    const auto mine = sight_of(1, {"C1"});
    room.change({student(1, 1, "A", "C1"), student(2, 1, "A", "C2")});
    room.run_all();
    const std::vector<Room> rooms = {{},
                                     {Room::Kind::school_class, "C1"},
                                     {Room::Kind::school_class, "C2"},
                                     {Room::Kind::team, "A"},
                                     {Room::Kind::student, "s1@example.com"},
                                     {Room::Kind::student, "s2@example.com"}};
    std::string said;
    for (const Room& wanted : rooms)
        room.open(wanted, nullptr, mine);
    room.change({student(2, 7, "A", "C2")});
    room.change({student(2, 8, "B", "C2"), student(1, 2, "A", "C1")});
    room.run_all();
    for (const auto& browser : room.browsers()) {
        for (const auto& frame : browser->socket.queue)
            said += *frame;
        Classroom::read(*browser);
        EXPECT_EQ(browser->model.students, room.truth(*browser));
    }
    EXPECT_EQ(said.find("s2@example.com"), std::string::npos);
    EXPECT_NE(said.find("s1@example.com"), std::string::npos);
}

TEST(BoundedRooms, AStudentWhoGoesToAClassOfOthersIsGone) {
    Classroom room;
    auto& browser = room.open({}, nullptr, sight_of(1, {"C1"}));
    room.change({student(1, 1, "A", "C1"), student(2, 1, "A", "C1")});
    room.change({student(1, 2, "A", "C2")});
    room.run_all();
    Classroom::read(browser);
    EXPECT_EQ(browser.model.students.size(), 1U);
    EXPECT_EQ(browser.model.executions, 1U);
}

TEST(BoundedRooms, WhoTeachesTheSameSharesOneFrame) {
    Classroom room;
    const auto mine = sight_of(1, {"C1"});
    auto& one = room.open({}, nullptr, mine);
    auto& two = room.open({}, nullptr, mine);
    auto& teacher = room.open({Room::Kind::school_class, "C1"}, nullptr, mine);
    auto& admin = room.open({Room::Kind::school_class, "C1"});
    room.run_all();
    for (auto* browser : {&one, &two, &teacher, &admin})
        Classroom::read(*browser);
    room.change({student(1, 1)});
    room.run_all();
    EXPECT_EQ(one.socket.queue.front(), two.socket.queue.front());
    EXPECT_EQ(teacher.socket.queue.front(), admin.socket.queue.front());
}

TEST(BoundedRooms, WhoLosesAClassLosesSightOfItAndOfWhatWaits) {
    Classroom room;
    room.change({student(1, 1, "A", "C1"), student(2, 1, "A", "C2")});
    room.run_all();
    auto& both = room.open({}, nullptr, sight_of(1, {"C1", "C2"}));
    auto& one = room.open({Room::Kind::school_class, "C1"}, nullptr, both.sight);
    auto& other = room.open({Room::Kind::school_class, "C2"}, nullptr, both.sight);
    room.change({student(1, 2, "A", "C1")});
    room.run_all();
    for (const auto& browser : room.browsers())
        browser->sight = sight_of(2, {"C2"});
    room.hub().sights_changed();
    room.change({student(1, 3, "A", "C1")});
    room.run_all();
    for (auto* browser : {&both, &one}) {
        for (const auto& frame : browser->socket.queue)
            EXPECT_EQ(frame->find("s1@example.com"), std::string::npos);
    }
    for (const auto& browser : room.browsers()) {
        Classroom::read(*browser);
        EXPECT_EQ(browser->model.students, room.truth(*browser));
    }
    EXPECT_EQ(other.model.snapshots, 1U) << "nothing changed for this one";
    EXPECT_EQ(room.hub().clients(), 3U);
}

TEST(BoundedRooms, WhoSeesAPartDoesNotGoOnWithADelta) {
    Classroom room;
    const auto mine = sight_of(1, {"C1"});
    auto& first = room.open({}, nullptr, mine);
    room.change({student(1, 1)});
    room.run_all();
    Classroom::read(first);
    room.close(first);
    room.change({student(1, 1, "A", "C2")});
    room.run_all();
    auto& again = room.open({}, &first.model, mine);
    Classroom::read(again);
    EXPECT_TRUE(again.model.students.empty());
}

}  // namespace
}  // namespace cellmon::push
