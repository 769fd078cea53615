#include "api/progress/progress_sockets.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "api/body_fields.hpp"
#include "api/progress/progress_json.hpp"
#include "api/progress/progress_routes.hpp"
#include "api/row_json.hpp"
#include "http/websocket_frame.hpp"
#include "push/bounded_send.hpp"
#include "push/shard.hpp"

namespace cellmon::api {
namespace {

/// Of one socket: far more than a page asks.
constexpr auth::Rate kMessages{120, std::chrono::minutes(1)};

constexpr std::string_view kBusy = "Too many questions at once; try again";

std::string frame_json(std::string_view type, std::string_view data) {
    return RowJson().text("type", type).json("data", data).end();
}

std::string error_frame(std::string_view message) {
    return RowJson().text("type", "error").text("message", message).end();
}

std::string no_progress_frame(std::string_view user_id) {
    return error_frame("No progress found for user " + std::string(user_id));
}

std::string all_json(const progress::ProgressService& progress, const ProgressViewer& viewer,
                     TimeUs now) {
    const auto students = seen_students(progress, viewer);
    std::vector<std::string> list;
    for (const progress::StudentPtr& student : students) {
        if (list.size() == ProgressSockets::kMostStudents) break;
        list.push_back(progress_json(*student, Cells::none, now));
    }
    return RowJson()
        .json("students_progress", json_list(list))
        .json("stats", stats_json(progress_totals(students, now), progress.healthy()))
        .end();
}

}  // namespace

std::vector<progress::StudentPtr> seen_students(const progress::ProgressService& progress,
                                                const ProgressViewer& viewer) {
    auto students = progress.students();
    const auto sees = viewer.now();
    std::erase_if(students, [&](const auto& student) { return !sees(student->email); });
    return students;
}

/// What is told of one student. Null frames: nobody listens.
struct ProgressSockets::Push {
    std::string email;
    std::uint64_t sequence = 0;  ///< Of the step.
    bool is_note = false;        ///< Else it says how things are.
    http::SharedFrame to_student;
    http::SharedFrame to_instructors;
};

class ProgressSockets::Session final : public http::WebSocketSession {
  public:
    Session(ProgressSockets& owner, ProgressViewer viewer, std::optional<std::string> about)
        : student(std::move(about)),
          owner_(owner),
          viewer_(std::make_shared<const ProgressViewer>(std::move(viewer))) {}

    void opened(http::WebSocket& socket) override {
        socket_ = &socket;
        owner_.joined(*this);
        student ? ask_about("initial_progress", *student, false) : ask_about_all("initial_data");
    }

    void received(std::string_view text) override {
        const Clock& clock = owner_.dependencies_.clock;
        if (owner_.messages_.take(std::to_string(number), clock.steady_us()) > 0) {
            return socket_->close(kTooMany, "too many messages");
        }
        auto fields = BodyFields::parse_message(text);
        if (!fields) return say(error_frame("Not a JSON object"));
        const auto type = fields->line("type", BodyFields::Presence::required, {0, 64});
        if (!type) return say(error_frame("type: " + fields->first_fault().message));
        if (*type == "ping") return say(R"({"type":"pong"})");
        if (student && *type == "get_progress") return ask_about("progress_update", *student, true);
        if (!student && *type == "get_all_progress") return ask_about_all("all_progress_update");
        if (!student && *type == "get_student_detail") {
            const auto user_id = fields->line("user_id", BodyFields::Presence::required, {1, 320});
            if (!user_id) return say(error_frame("user_id: " + fields->first_fault().message));
            return ask_about("student_detail", *user_id, true);
        }
        say(error_frame("Unknown message type: " + *type));
    }

    void closed() override { owner_.left(*this); }

    void send(const http::SharedFrame& frame) {
        push::send_bounded(*socket_, frame, owner_.queue_bytes_);
    }
    /// Behind what the socket says first, which holds all through some sequence.
    void push(const Push& push, const http::SharedFrame& frame) {
        if (!push.is_note && push.sequence <= told_sequence_) return;
        if (is_told_) return send(frame);
        held_bytes_ += frame->size();
        if (held_bytes_ > owner_.queue_bytes_) return socket_->close(push::kTooSlow, "too slow");
        held_.push_back({push.sequence, push.is_note, frame});
    }
    /// To a question that waits, of a state through `sequence`; nothing to say when it is empty.
    void answer(const std::string& json, std::uint64_t sequence) {
        --waiting_;
        if (!json.empty()) say(json);
        if (!is_told_) begin(sequence);
    }
    [[nodiscard]] ProgressViewer::Sees sees() const { return viewer_->now(); }
    [[nodiscard]] unsigned thread() const { return socket_->thread(); }

    const std::optional<std::string> student;  ///< nullopt: of an instructor.
    std::uint64_t number = 0;                  ///< Set when it is open.

  private:
    struct Held {
        std::uint64_t sequence;
        bool is_note;
        http::SharedFrame frame;
    };

    void say(const std::string& json) { send(http::text_frame(json)); }

    void begin(std::uint64_t sequence) {
        is_told_ = true;
        told_sequence_ = sequence;
        for (const Held& held : std::exchange(held_, {})) {
            if (held.is_note || held.sequence > sequence) send(held.frame);
        }
    }

    void ask_about(std::string_view type, std::string user_id, bool says_nothing_is_there) {
        ask([type, user_id = std::move(user_id), says_nothing_is_there](
                const progress::ProgressService& progress, const ProgressViewer& viewer,
                TimeUs now) -> std::string {
            const auto found = progress.find(user_id);
            if (found && viewer.sees(user_id))
                return frame_json(type, progress_json(*found, Cells::all, now));
            return says_nothing_is_there ? no_progress_frame(user_id) : std::string();
        });
    }
    void ask_about_all(std::string_view type) {
        ask([type](const progress::ProgressService& progress, const ProgressViewer& viewer,
                   TimeUs now) { return frame_json(type, all_json(progress, viewer, now)); });
    }

    /// Has the worker make an answer, which no I/O thread may take so long for.
    template <typename Make>
    void ask(Make make) {
        if (waiting_ >= kMostWaiting) return busy();
        const bool queued =
            owner_.dependencies_.worker.post([&owner = owner_, viewer = viewer_, thread = thread(),
                                              number = number, make = std::move(make)] {
                progress::ProgressService& progress = owner.dependencies_.progress;
                progress.catch_up(kProgressPatience);
                const std::uint64_t sequence = progress.sequence();
                std::string json = make(progress, *viewer, owner.dependencies_.clock.now_us());
                owner.post_to(thread, number, [json = std::move(json), sequence](Session& session) {
                    session.answer(json, sequence);
                });
            });
        queued ? static_cast<void>(++waiting_) : busy();
    }
    void busy() {
        say(error_frame(kBusy));
        if (!is_told_ && waiting_ == 0) begin(0);
    }

    ProgressSockets& owner_;
    const std::shared_ptr<const ProgressViewer> viewer_;
    http::WebSocket* socket_ = nullptr;
    std::size_t waiting_ = 0;
    bool is_told_ = false;             // What the socket says first was said.
    std::uint64_t told_sequence_ = 0;  // What that held.
    std::vector<Held> held_;           // Until then.
    std::size_t held_bytes_ = 0;
};

ProgressSockets::ProgressSockets(std::size_t queue_bytes, const Dependencies& dependencies)
    : queue_bytes_(queue_bytes),
      dependencies_(dependencies),
      messages_(kMessages),
      sessions_(dependencies_.threads.size()) {}

http::UpgradeDecision ProgressSockets::accept(ProgressViewer viewer,
                                              std::optional<std::string> student) {
    return std::make_unique<Session>(*this, std::move(viewer), std::move(student));
}

void ProgressSockets::joined(Session& session) {
    {
        const std::lock_guard lock(mutex_);
        session.number = ++newest_;
        session.student ? static_cast<void>(students_.insert(*session.student))
                        : static_cast<void>(++instructors_);
    }
    Sessions& mine = sessions_[session.thread()];
    mine.all.emplace(session.number, &session);
    if (session.student) {
        mine.students.emplace(*session.student, &session);
    } else {
        mine.instructors.insert(&session);
    }
}

void ProgressSockets::left(Session& session) {
    Sessions& mine = sessions_[session.thread()];
    mine.all.erase(session.number);
    mine.instructors.erase(&session);
    std::erase_if(mine.students, [&](const auto& one) { return one.second == &session; });
    const std::lock_guard lock(mutex_);
    if (session.student) {
        students_.erase(students_.find(*session.student));
    } else {
        --instructors_;
    }
}

std::size_t ProgressSockets::connections() const {
    const std::lock_guard lock(mutex_);
    return students_.size() + instructors_;
}

void ProgressSockets::post_to(unsigned thread, std::uint64_t number,
                              std::function<void(Session&)> work) {
    dependencies_.threads.post(thread, [this, thread, number, work = std::move(work)] {
        const auto found = sessions_[thread].all.find(number);
        if (found != sessions_[thread].all.end()) work(*found->second);
    });
}

void ProgressSockets::send_to_who_sees(const Sessions& sessions, const Push& push) {
    if (push.to_student) {
        const auto [first, last] = sessions.students.equal_range(push.email);
        for (auto one = first; one != last; ++one) {
            if (one->second->sees()(push.email)) one->second->push(push, push.to_student);
        }
    }
    if (!push.to_instructors) return;
    for (Session* session : sessions.instructors) {
        if (session->sees()(push.email)) session->push(push, push.to_instructors);
    }
}

void ProgressSockets::progressed(const progress::Step& step) {
    bool instructors = false;
    std::set<std::string, std::less<>> watched;
    {
        const std::lock_guard lock(mutex_);
        instructors = instructors_ > 0;
        watched.insert(students_.begin(), students_.end());
    }
    if (!instructors && watched.empty()) return;
    const TimeUs now = dependencies_.clock.now_us();
    auto pushes = std::make_shared<std::vector<Push>>();
    bool is_note = false;
    const auto add = [&](std::string_view email, const auto& to_student,
                         const auto& to_instructors) {
        Push push;
        push.email = email;
        push.sequence = step.sequence;
        push.is_note = is_note;
        if (watched.contains(email)) push.to_student = to_student();
        if (instructors) push.to_instructors = to_instructors();
        if (push.to_student || push.to_instructors) pushes->push_back(std::move(push));
    };
    const auto nothing = [] { return http::SharedFrame(); };
    for (const progress::StudentPtr& student : step.changed) {
        const auto frame = [&](Cells cells) {
            return http::text_frame(
                frame_json("progress_update", progress_json(*student, cells, now)));
        };
        add(student->email, [&] { return frame(Cells::all); }, [&] { return frame(Cells::none); });
    }
    for (const std::string& email : step.gone) {
        const auto frame = [&] {
            return http::text_frame(
                frame_json("progress_reset", RowJson().text("user_id", email).end()));
        };
        add(email, frame, frame);
    }
    is_note = true;
    for (const progress::NotePtr& note : step.made) {
        const auto frame = [&] {
            return http::text_frame(frame_json("notification", note_json(*note)));
        };
        note->to_instructors ? add(note->user_id, nothing, frame)
                             : add(note->user_id, frame, nothing);
    }
    if (pushes->empty()) return;
    for (unsigned thread = 0; thread < dependencies_.threads.size(); ++thread) {
        dependencies_.threads.post(thread, [this, thread, pushes] {
            for (const Push& push : *pushes)
                send_to_who_sees(sessions_[thread], push);
        });
    }
}

}  // namespace cellmon::api
