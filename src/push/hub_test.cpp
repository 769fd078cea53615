// Goal: whatever the order of steps, joins, breaks and slow readers, each client's picture ends as
// the class is, restricted to its room and to whom it may see, also when that changes; a message
// applies to what the client has; nobody's queue grows without bound. Method: the hub with tasks
// and sockets in memory, clients that apply the messages by the rules of docs/reference/live.md and
// fail where these are broken.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "push/hub_testing.hpp"

namespace cellmon::push {
namespace {

TEST(Hub, SendsASnapshotThenDeltas) {
    Classroom room;
    room.change({student(1, 1), student(2, 1)});
    room.run_all();
    auto& browser = room.open({});
    room.change({student(2, 5)});
    room.run_all();
    Classroom::read(browser);
    EXPECT_EQ(browser.model.snapshots, 1U);
    EXPECT_EQ(browser.model.deltas, 1U);
    EXPECT_EQ(browser.model.students, room.truth({}));
}

TEST(Hub, AllClientsShareOneFrame) {
    Classroom room;
    auto& one = room.open({});
    auto& two = room.open({});
    room.run_all();
    Classroom::read(one);
    Classroom::read(two);
    room.change({student(1, 1)});
    room.run_all();
    ASSERT_EQ(one.socket.queue.size(), 1U);
    EXPECT_EQ(one.socket.queue.front(), two.socket.queue.front());
}

TEST(Hub, ASnapshotNeverMissesAStepThatIsOnItsWay) {
    Classroom room;
    room.open({});
    room.open({});                 // So that the next one is on a thread that was told of the step.
    room.change({student(1, 1)});  // Not run yet: made before the next one looked.
    auto& browser = room.open({Room::Kind::team, "A"});
    Classroom::read(browser);
    EXPECT_EQ(browser.model.snapshots, 0U) << "the thread has not seen that step";
    room.run_all();
    Classroom::read(browser);
    EXPECT_EQ(browser.model.students, room.truth({}));
}

TEST(Hub, WakesNoThreadWhileNobodyLooks) {
    Classroom room;
    auto& early = room.open({});
    room.change({student(1, 1)});  // On its way when nobody looks any more.
    room.close(early);
    room.change({student(1, 2), student(2, 1)});
    EXPECT_TRUE(room.run_one(0));
    EXPECT_FALSE(room.run_one(0)) << "nobody looked at the second step";
    for (auto* browser : {&room.open({}), &room.open({})}) {
        Classroom::read(*browser);
        EXPECT_EQ(browser->model.students, room.truth({})) << "of either thread";
    }
    room.run_all();
    room.change({student(2, 2)});
    room.run_all();
    for (const auto& browser : room.browsers()) {
        if (!browser->session) continue;
        Classroom::read(*browser);
        EXPECT_EQ(browser->model.students, room.truth({}));
        EXPECT_EQ(browser->model.snapshots, 1U);
    }
}

TEST(Hub, AStudentWhoLeavesATeamIsGone) {
    Classroom room;
    const Room team{Room::Kind::team, "A"};
    auto& browser = room.open(team);
    room.change({student(1, 1, "A"), student(2, 1, "A")});
    room.change({student(1, 1, "B")});
    room.run_all();
    Classroom::read(browser);
    EXPECT_EQ(browser.model.students, room.truth(team));
    EXPECT_EQ(browser.model.students.size(), 1U);
}

TEST(Hub, WhoComesBackGetsOnlyWhatChanged) {
    Classroom room;
    auto& first = room.open({});
    room.change({student(1, 1)});
    room.change({student(2, 1), student(3, 1)});
    room.run_all();
    Classroom::read(first);
    room.close(first);
    room.change({student(2, 7)});
    room.change({student(3, 9)}, true);
    room.run_all();
    auto& again = room.open({}, &first.model);
    ASSERT_EQ(again.socket.queue.size(), 1U);
    EXPECT_EQ(payload_of(*again.socket.queue.front()).find("s1@example.com"), std::string::npos);
    Classroom::read(again);
    EXPECT_EQ(again.model.snapshots, first.model.snapshots);
    EXPECT_EQ(again.model.students, room.truth({}));
}

TEST(Hub, AnotherEpochOrTheFutureGivesASnapshot) {
    Classroom room;
    room.change({student(1, 1)});
    room.run_all();
    Model other;
    other.epoch = "00000000000000000000000000000000-7";
    EXPECT_NE(payload_of(*room.open({}, &other).socket.queue.front()).find("\"snapshot\""),
              std::string::npos);
    Model future;
    future.epoch = "00000000000000000000000000000000-1";
    future.sequence = 1'000;
    EXPECT_NE(payload_of(*room.open({}, &future).socket.queue.front()).find("\"snapshot\""),
              std::string::npos);
}

TEST(Hub, WhoNeverReadsIsClosedByNameAndBounded) {
    constexpr QueueLimits kLimits{16, 64U << 10U};
    Classroom room(kLimits);
    auto& deaf = room.open({});
    auto& listening = room.open({});
    for (int i = 0; i < 200; ++i) {
        room.change({student(1, static_cast<std::uint64_t>(i))});
        room.run_all();
        Classroom::read(listening);
        ASSERT_LE(deaf.socket.queued_messages(), kLimits.messages);
    }
    EXPECT_EQ(deaf.socket.close_code, kTooSlow);
    EXPECT_EQ(listening.socket.close_code, 0);
    EXPECT_EQ(listening.model.students, room.truth({}));
}

TEST(Hub, WhoFallsBehindOnceGetsAFreshSnapshot) {
    Classroom room(QueueLimits{16, 64U << 10U});
    auto& browser = room.open({});
    Classroom::read(browser);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 20; ++i)
            room.change({student(1, static_cast<std::uint64_t>(i))});
        room.run_all();
        Classroom::read(browser);
        EXPECT_EQ(browser.model.students, room.truth({}));
    }
    EXPECT_EQ(browser.socket.close_code, 0);
    EXPECT_EQ(browser.model.snapshots, 4U) << "the first, and one for each time";
}

TEST(Hub, AMessageLargerThanTheQueueReachesWhoKeepsUp) {
    Classroom room(QueueLimits{16, 100});
    auto& browser = room.open({});
    room.run_all();
    Classroom::read(browser);
    room.change({student(1, 1)});
    room.run_all();
    Classroom::read(browser);
    EXPECT_EQ(browser.model.deltas, 1U);
    EXPECT_EQ(browser.model.snapshots, 1U);
}

TEST(Hub, TheStatusFollowsTheFirstMessageAndItsOwnChanges) {
    Classroom room;
    auto& early = room.open({});
    room.hub().publish_status(R"({"type":"status","received":1})");
    room.run_all();
    Classroom::read(early);
    EXPECT_EQ(early.model.status, R"({"type":"status","received":1})");
    auto& late = room.open({});
    ASSERT_EQ(late.socket.queue.size(), 2U);
    EXPECT_EQ(payload_of(*late.socket.queue.back()), early.model.status);
}

TEST(Hub, AnswersPingsAndIgnoresTheRest) {
    Classroom room;
    auto& browser = room.open({});
    Classroom::read(browser);
    for (const char* text : {"", "x", "[]", "7", "{}", R"({"type":7})", R"({"type":"other"})"})
        browser.session->received(text);
    EXPECT_TRUE(browser.socket.queue.empty());
    browser.session->received(R"({"type":"ping"})");
    ASSERT_EQ(browser.socket.queue.size(), 1U);
    EXPECT_EQ(payload_of(*browser.socket.queue.front()), R"({"type":"pong"})");
}

RC_GTEST_PROP(Hub, EveryPictureEndsAsTheClassIs, ()) {
    Classroom room(QueueLimits{6, 64U << 10U});
    const std::vector<live::SightPtr> sights = {nullptr, sight_of(1, {"C1"}),
                                                sight_of(2, {"C2"}, {"s3@example.com"}),
                                                sight_of(3, {"C1", "C2"}), sight_of(4, {})};
    const std::vector<Room> rooms = {{},
                                     {Room::Kind::team, "A"},
                                     {Room::Kind::team, "B"},
                                     {Room::Kind::school_class, "C1"},
                                     {Room::Kind::student, "s3@example.com"}};
    const auto steps = *rc::gen::inRange(1, 120);
    std::uint64_t executions = 0;
    for (int i = 0; i < steps; ++i) {
        const auto pick = [](std::size_t size) { return *rc::gen::inRange<std::size_t>(0, size); };
        const auto action = pick(100);
        if (action < 35) {
            std::map<int, StudentView> views;
            for (std::size_t n = 1 + pick(3); n > 0; --n) {
                const int number = static_cast<int>(pick(8));
                views[number] = student(number, ++executions, pick(2) == 0 ? "A" : "B",
                                        pick(4) == 0   ? ""
                                        : pick(3) == 0 ? "C2"
                                                       : "C1");
            }
            std::vector<StudentView> list;
            for (const auto& [number, view] : views)
                list.push_back(view);
            room.change(list, pick(4) == 0);
        } else if (action < 60) {
            room.run_one(static_cast<unsigned>(pick(kThreads)));
        } else if (action < 70) {
            room.open(rooms[pick(rooms.size())], nullptr, sights[pick(sights.size())]);
        } else if (!room.browsers().empty()) {
            auto& browser = *room.browsers()[pick(room.browsers().size())];
            if (!browser.session) continue;
            if (action < 85 && browser.socket.close_code == 0) {
                Classroom::read(browser);
            } else if (action < 90) {
                room.give(browser, sights[pick(sights.size())]);
            } else {
                room.close(browser);
                const Model before = browser.model;
                room.open(browser.room, before.epoch.empty() ? nullptr : &before, browser.sight);
            }
        }
    }
    room.run_all();
    for (const auto& browser : room.browsers()) {
        if (!browser->session || browser->socket.close_code != 0) continue;
        Classroom::read(*browser);
        if (::testing::Test::HasFatalFailure()) RC_FAIL("a message does not apply");
        RC_ASSERT(browser->model.students == room.truth(*browser));
        // The sums stand in the latest message; a class of which nothing was ever said has none.
        RC_ASSERT(browser->model.executions ==
                  room.true_executions(browser->room.bounded_by(browser->sight)));
    }
}

TEST(Room, IsReadFromTheQuery) {
    EXPECT_EQ(parse_room("").value(), Room{});
    EXPECT_EQ(parse_room("class:C1").value(), (Room{Room::Kind::school_class, "C1"}));
    EXPECT_EQ(parse_room("team:班:1").value(), (Room{Room::Kind::team, "班:1"}));
    EXPECT_EQ(parse_room("student:a@b").value(), (Room{Room::Kind::student, "a@b"}));
    for (const char* text : {"class", "class:", "all", "Class:C1", ":C1"})
        EXPECT_FALSE(parse_room(text)) << text;
}

}  // namespace
}  // namespace cellmon::push
