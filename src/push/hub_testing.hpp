#pragma once

// What the tests of the hub share: sockets and tasks in memory, a class whose students a test
// changes, and clients that apply messages by the rules of docs/reference/live.md and fail where
// these are broken. Not part of the library.

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "live/fragment.hpp"
#include "push/hub.hpp"
#include "push/messages.hpp"

namespace cellmon::push {

using live::StudentView;

inline constexpr unsigned kThreads = 2;

/// What a frame of this server carries.
inline std::string payload_of(const std::string& frame) {
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
            boost::intrusive_ptr made(new live::StudentPicture());
            made->view = view;
            made->changed_sequence = sequence_;
            index_->add(view.email, students_.size());
            const auto place = *index_->find(view.email);
            if (place == students_.size()) students_.emplace_back();
            tick.changes.push_back({students_[place], made});
            students_[place] = made;
        }
        auto picture = std::make_shared<live::Picture>();
        picture->epoch = 1;
        picture->sequence = sequence_;
        picture->at_us = 1'790'000'000'000'000;
        picture->students = students_;
        picture->places = index_;
        for (const auto& student : students_)
            picture->all.add(student->view);
        picture_ = tick.picture = picture;
        return tick;
    }

    std::uint64_t sequence_ = 0;
    std::vector<live::StudentPicturePtr> students_;
    const std::shared_ptr<live::StudentIndex> index_ = std::make_shared<live::StudentIndex>();
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
        live::SightPtr sight;  ///< As it is now; null: everybody.
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

    Browser& open(const Room& room, const Model* before = nullptr,
                  const live::SightPtr& sight = nullptr) {
        auto& browser =
            *browsers_.emplace_back(std::make_unique<Browser>(room, browsers_.size() % kThreads));
        browser.sight = sight;
        std::optional<ResumePoint> resume;
        if (before != nullptr) {
            browser.model = *before;
            resume = ResumePoint{before->epoch, before->sequence};
        }
        browser.session =
            hub_.make_session(room, std::move(resume), [&browser] { return browser.sight; });
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
    void give(Browser& browser, live::SightPtr sight) {
        browser.sight = std::move(sight);
        hub_.sights_changed();
    }
    [[nodiscard]] std::map<std::string, std::string> truth(const Browser& browser) const {
        return truth(browser.room.bounded_by(browser.sight));
    }
    /// What the client should have, as fragments.
    [[nodiscard]] std::map<std::string, std::string> truth(const Room& room) const {
        std::map<std::string, std::string> students;
        for (const auto& student : school_.picture()->students) {
            if (room.holds(student->view)) students[student->view.email] = student->fragment();
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

inline StudentView student(int number, std::uint64_t executions, std::string team = "A",
                           std::string class_code = "C1") {
    StudentView view;
    view.email = fmt::format("s{}@example.com", number);
    view.team = std::move(team);
    view.class_code = std::move(class_code);
    view.executions = executions;
    return view;
}

/// Of classes C1 and C2.
inline live::SightPtr sight_of(std::uint64_t id, live::ClassCodes own,
                               std::unordered_set<std::string> roster = {}) {
    static const auto made = std::make_shared<const live::ClassCodes>(live::ClassCodes{"C1", "C2"});
    return std::make_shared<live::Sight>(
        id, live::Sight::Rows{std::move(own), made, std::move(roster)});
}

}  // namespace cellmon::push
