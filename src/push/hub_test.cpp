// Goal: whatever the order of steps, joins, breaks and slow readers, each client's picture ends as
// the class is, restricted to its room; a message applies to what the client has; nobody's queue
// grows without bound. Method: the hub with tasks and sockets in memory, clients that apply the
// messages by the rules of docs/reference/live.md and fail where these are broken.

#include "push/hub.hpp"

#include <deque>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include "live/fragment.hpp"
#include "push/messages.hpp"

namespace cellmon::push {
namespace {

using live::StudentView;

constexpr unsigned kThreads = 2;

/// What a frame of this server carries.
std::string payload_of(const std::string& frame) {
    const auto length = static_cast<unsigned char>(frame[1]);
    return frame.substr(length == 127 ? 10 : length == 126 ? 4 : 2);
}

/// A socket whose client reads when the test says so.
class Socket final : public http::WebSocket {
  public:
    explicit Socket(unsigned thread) : thread_(thread) {}

    void send(http::SharedFrame frame) override {
        if (close_code == 0) queue.push_back(std::move(frame));
    }
    [[nodiscard]] std::size_t queued_bytes() const override {
        std::size_t bytes = 0;
        for (const auto& frame : queue)
            bytes += frame->size();
        return bytes;
    }
    [[nodiscard]] std::size_t queued_messages() const override { return queue.size(); }
    void drop_unsent() override { queue.clear(); }
    void close(std::uint16_t code, std::string_view) override {
        if (close_code == 0) close_code = code;
    }
    [[nodiscard]] unsigned thread() const override { return thread_; }

    std::deque<http::SharedFrame> queue;
    std::uint16_t close_code = 0;

  private:
    unsigned thread_;
};

/// A class whose students a test changes, and its pictures.
class School {
  public:
    School() { picture_ = make({}).picture; }

    live::Tick change(const std::vector<StudentView>& views, bool time_alone = false) {
        if (!time_alone) ++sequence_;
        return make(views);
    }
    [[nodiscard]] const live::PicturePtr& picture() const { return picture_; }

  private:
    live::Tick make(const std::vector<StudentView>& views) {
        live::Tick tick;
        for (const StudentView& view : views) {
            auto made = std::make_shared<live::StudentPicture>();
            made->view = view;
            made->changed_sequence = sequence_;
            made->fragment = live::fragment_of(view);
            const auto place = index_.try_emplace(view.email, students_.size()).first->second;
            if (place == students_.size()) students_.emplace_back();
            tick.changes.push_back({students_[place], made});
            students_[place] = made;
        }
        auto picture = std::make_shared<live::Picture>();
        picture->epoch = 1;
        picture->sequence = sequence_;
        picture->at_us = 1'790'000'000'000'000;
        picture->students = students_;
        picture->places = std::make_shared<live::StudentIndex>(index_);
        for (const auto& student : students_) {
            picture->all.add(student->view);
            if (!student->view.class_code.empty()) {
                picture->by_class[student->view.class_code].add(student->view);
            }
            if (!student->view.team.empty())
                picture->by_team[student->view.team].add(student->view);
        }
        picture_ = tick.picture = picture;
        return tick;
    }

    std::uint64_t sequence_ = 0;
    std::vector<live::StudentPicturePtr> students_;
    live::StudentIndex index_;
    live::PicturePtr picture_;
};

/// What a client knows, by the rules of the page.
struct Model {
    std::string epoch;
    std::uint64_t sequence = 0;
    std::uint64_t executions = 0;  // Of the counters.
    std::map<std::string, std::string> students;
    std::size_t snapshots = 0;
    std::size_t deltas = 0;
    std::string status;

    void apply(const std::string& text) {
        simdjson::dom::parser parser;
        const auto message = parser.parse(simdjson::padded_string(text)).value();
        const std::string_view type = message["type"];
        if (type == "status") {
            status = text;
            return;
        }
        if (type == "snapshot") {
            students.clear();
            ++snapshots;
        } else {
            ASSERT_EQ(type, "delta");
            ASSERT_EQ(std::string_view(message["epoch"]), epoch);
            ASSERT_LE(std::uint64_t(message["from"]), sequence) << "a part is missing";
            ASSERT_GE(std::uint64_t(message["sequence"]), sequence) << "an older one came later";
            for (const auto email : message["gone"].get_array())
                students.erase(std::string(std::string_view(email)));
            ++deltas;
        }
        epoch = std::string_view(message["epoch"]);
        sequence = message["sequence"];
        executions = message["counters"]["executions"];
        for (const auto student : message["students"].get_array()) {
            students[std::string(std::string_view(student["email"]))] = simdjson::minify(student);
        }
    }
};

/// The hub, its I/O threads as queues of tasks, and its clients.
class Classroom {
  public:
    struct Browser {
        Browser(Room wanted, unsigned thread) : room(std::move(wanted)), socket(thread) {}
        Room room;
        Socket socket;
        std::unique_ptr<http::WebSocketSession> session;
        Model model;
    };

    explicit Classroom(QueueLimits limits = {})
        : hub_(limits, school_.picture(), {kThreads, [this](unsigned thread, http::Task task) {
                                               tasks_[thread].push_back(std::move(task));
                                           }}) {}

    ~Classroom() {
        for (auto& browser : browsers_)
            if (browser->session) browser->session->closed();
    }

    Browser& open(const Room& room, const Model* before = nullptr) {
        auto& browser =
            *browsers_.emplace_back(std::make_unique<Browser>(room, browsers_.size() % kThreads));
        std::optional<ResumePoint> resume;
        if (before != nullptr) {
            browser.model = *before;
            resume = ResumePoint{before->epoch, before->sequence};
        }
        browser.session = hub_.make_session(room, std::move(resume));
        browser.session->opened(browser.socket);
        return browser;
    }
    void close(Browser& browser) {
        browser.session->closed();
        browser.session.reset();
    }
    void change(const std::vector<StudentView>& views, bool time_alone = false) {
        hub_.pictured(school_.change(views, time_alone));
    }
    /// Runs the oldest task of a thread.
    bool run_one(unsigned thread) {
        if (tasks_[thread].empty()) return false;
        http::Task task = std::move(tasks_[thread].front());
        tasks_[thread].pop_front();
        task();
        return true;
    }
    void run_all() {
        for (unsigned thread = 0; thread < kThreads; ++thread)
            while (run_one(thread)) {
            }
    }
    static void read(Browser& browser) {
        while (!browser.socket.queue.empty()) {
            const auto frame = std::move(browser.socket.queue.front());
            browser.socket.queue.pop_front();
            browser.model.apply(payload_of(*frame));
        }
    }
    /// What the client should have, as fragments.
    [[nodiscard]] std::map<std::string, std::string> truth(const Room& room) const {
        std::map<std::string, std::string> students;
        for (const auto& student : school_.picture()->students) {
            if (room.holds(student->view)) students[student->view.email] = student->fragment;
        }
        return students;
    }
    [[nodiscard]] std::uint64_t true_executions(const Room& room) const {
        std::uint64_t sum = 0;
        for (const auto& student : school_.picture()->students) {
            if (room.holds(student->view)) sum += student->view.executions;
        }
        return sum;
    }
    Hub& hub() { return hub_; }
    [[nodiscard]] const std::vector<std::unique_ptr<Browser>>& browsers() const {
        return browsers_;
    }

  private:
    School school_;
    std::array<std::deque<http::Task>, kThreads> tasks_;
    Hub hub_;
    std::vector<std::unique_ptr<Browser>> browsers_;
};

StudentView student(int number, std::uint64_t executions, std::string team = "A",
                    std::string class_code = "C1") {
    StudentView view;
    view.email = fmt::format("s{}@example.com", number);
    view.team = std::move(team);
    view.class_code = std::move(class_code);
    view.executions = executions;
    return view;
}

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
    room.change({student(1, 1)});  // Not run yet: made before anybody looked.
    auto& browser = room.open({});
    Classroom::read(browser);
    EXPECT_EQ(browser.model.snapshots, 0U) << "the thread has not seen that step";
    room.run_all();
    Classroom::read(browser);
    EXPECT_EQ(browser.model.students, room.truth({}));
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
                                        pick(4) == 0 ? "" : "C1");
            }
            std::vector<StudentView> list;
            for (const auto& [number, view] : views)
                list.push_back(view);
            room.change(list, pick(4) == 0);
        } else if (action < 60) {
            room.run_one(static_cast<unsigned>(pick(kThreads)));
        } else if (action < 70) {
            room.open(rooms[pick(rooms.size())]);
        } else if (!room.browsers().empty()) {
            auto& browser = *room.browsers()[pick(room.browsers().size())];
            if (!browser.session) continue;
            if (action < 90 && browser.socket.close_code == 0) {
                Classroom::read(browser);
            } else {
                room.close(browser);
                const Model before = browser.model;
                room.open(browser.room, before.epoch.empty() ? nullptr : &before);
            }
        }
    }
    room.run_all();
    for (const auto& browser : room.browsers()) {
        if (!browser->session || browser->socket.close_code != 0) continue;
        Classroom::read(*browser);
        if (::testing::Test::HasFatalFailure()) RC_FAIL("a message does not apply");
        RC_ASSERT(browser->model.students == room.truth(browser->room));
        // The sums stand in the latest message; a class of which nothing was ever said has none.
        RC_ASSERT(browser->model.executions == room.true_executions(browser->room));
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
