#include "api/instructor_sockets.hpp"

#include <deque>
#include <utility>

#include "api/gate.hpp"
#include "classroom/statuses.hpp"
#include "http/websocket_frame.hpp"
#include "push/bounded_send.hpp"

namespace cellmon::api {
namespace {

/// Of one instructor: far more than a person says.
constexpr auth::Rate kMessageRate{120, std::chrono::minutes(1)};

constexpr std::string_view kStoreAway = "The classroom's database is away; try again";
constexpr std::string_view kStoreBusy = "Too many status updates at once; try again";

}  // namespace

class InstructorSockets::Session final : public http::WebSocketSession {
  public:
    Session(InstructorSockets& owner, std::int64_t id, live::SightSource sight)
        : instructor_id(id), owner_(owner), sight_(std::move(sight)) {}

    void opened(http::WebSocket& socket) override {
        socket_ = &socket;
        owner_.joined(*this);
    }

    void received(std::string_view text) override {
        const Clock& clock = owner_.dependencies_.clock;
        if (owner_.messages_.take(std::to_string(instructor_id), clock.steady_us()) > 0)
            return close(kTooMany, "too many messages");
        std::visit([this](auto&& frame) { take(std::forward<decltype(frame)>(frame)); },
                   read_client_frame(text));
    }

    void closed() override { owner_.left(*this); }

    void send(const http::SharedFrame& frame) {
        push::send_bounded(*socket_, frame, owner_.queue_bytes_);
    }
    void say(const std::string& json) { send(http::text_frame(json)); }
    void close(std::uint16_t code, std::string_view reason) { socket_->close(code, reason); }

    /// The oldest status update that waits was stored, or could not be.
    void answer_status(const std::string& json) {
        say(json);
        waiting_.pop_front();
        if (!waiting_.empty()) owner_.store_status(*this, waiting_.front());
    }

    [[nodiscard]] unsigned thread() const { return socket_->thread(); }
    [[nodiscard]] bool sees(const live::StudentView& view) const {
        return live::sees(live::look_through(sight_), view);
    }

    const std::int64_t instructor_id;
    std::uint64_t number = 0;  ///< Set when it is open.

  private:
    void take(StatusUpdate update) {
        if (waiting_.size() >= kMostPendingStatus) return say(error_json(kStoreBusy));
        waiting_.push_back(update);
        // One after the other, so that the last one said is the one that stays.
        if (waiting_.size() == 1) owner_.store_status(*this, waiting_.front());
    }
    void take(const StudentMessage& message) {
        say(receipt_json(message, owner_.dependencies_.clock.now_us()));
    }
    void take(const InstructorMessage& message) {
        const TimeUs now = owner_.dependencies_.clock.now_us();
        const bool sent =
            owner_.send_to(message.target_id, instructor_message_json(message, instructor_id, now));
        if (sent) return;
        say(error_json("Instructor " + std::to_string(message.target_id) + " is not connected"));
    }
    void take(const FaultyMessage& fault) { say(error_json(fault.reason)); }
    void take(Gibberish /*unused*/) { close(kNotJson, "no JSON object"); }

    InstructorSockets& owner_;
    const live::SightSource sight_;
    http::WebSocket* socket_ = nullptr;
    std::deque<StatusUpdate> waiting_;
};

InstructorSockets::InstructorSockets(std::size_t queue_bytes, const Dependencies& dependencies)
    : queue_bytes_(queue_bytes),
      dependencies_(dependencies),
      messages_(kMessageRate),
      sessions_(dependencies.threads.size()) {}

http::UpgradeDecision InstructorSockets::accept(const http::Request& request) {
    const std::int64_t id = caller_of(request).account.id;
    if (request.path_value("instructor_id") != std::to_string(id))
        return http::error_response(403, "The token is that of another instructor");
    return std::make_unique<Session>(*this, id,
                                     dependencies_.sights.source_of(&caller_of(request)));
}

void InstructorSockets::joined(Session& session) {
    const TimeUs now = dependencies_.clock.now_us();
    std::optional<Place> older;
    live::PicturePtr picture;
    {
        const std::lock_guard lock(mutex_);
        session.number = ++newest_;
        Place& place = places_[session.instructor_id];
        if (place.number != 0) older = place;
        place = {session.number, session.thread(), now};
        picture = picture_;
    }
    sessions_[session.thread()].emplace(session.number, &session);
    if (older) {
        // A client that opens anew whatever ends otherwise would take the place back for ever.
        post_to(older->thread, older->number, [](Session& replaced) {
            replaced.close(http::kNormalClosure, "another connection took its place");
        });
    }
    session.say(connection_success_json(session.instructor_id, now));
    if (!picture || picture->all.help == 0) return;
    for (const live::StudentPicturePtr& student : picture->students) {
        if (student->view.asks_help && session.sees(student->view))
            session.say(student_news_json({nullptr, student}, now));
    }
}

void InstructorSockets::left(const Session& session) {
    sessions_[session.thread()].erase(session.number);
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(session.instructor_id);
    if (place != places_.end() && place->second.number == session.number) places_.erase(place);
}

std::vector<InstructorSockets::Connection> InstructorSockets::connections() const {
    std::vector<Connection> connections;
    const std::lock_guard lock(mutex_);
    connections.reserve(places_.size());
    for (const auto& [id, place] : places_)
        connections.push_back({id, place.connected_us});
    return connections;
}

void InstructorSockets::post_to(unsigned thread, std::uint64_t number,
                                std::function<void(Session&)> work) {
    dependencies_.threads.post(thread, [this, thread, number, work = std::move(work)] {
        const auto found = sessions_[thread].find(number);
        if (found != sessions_[thread].end()) work(*found->second);
    });
}

bool InstructorSockets::send_to(std::int64_t instructor_id, std::string json) {
    Place place;
    {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(instructor_id);
        if (found == places_.end()) return false;
        place = found->second;
    }
    post_to(place.thread, place.number,
            [json = std::move(json)](Session& target) { target.say(json); });
    return true;
}

void InstructorSockets::send_to_all(const std::string& json) {
    const http::SharedFrame frame = http::text_frame(json);
    for (unsigned thread = 0; thread < dependencies_.threads.size(); ++thread) {
        dependencies_.threads.post(thread, [this, thread, frame] {
            for (const auto& [number, session] : sessions_[thread])
                session->send(frame);
        });
    }
}

void InstructorSockets::send_to_who_sees(const live::StudentPicturePtr& student,
                                         const std::string& json) {
    const http::SharedFrame frame = http::text_frame(json);
    for (unsigned thread = 0; thread < dependencies_.threads.size(); ++thread) {
        dependencies_.threads.post(thread, [this, thread, student, frame] {
            for (const auto& [number, session] : sessions_[thread]) {
                if (session->sees(student->view)) session->send(frame);
            }
        });
    }
}

void InstructorSockets::pictured(const live::Tick& tick) {
    {
        const std::lock_guard lock(mutex_);
        picture_ = tick.picture;
        if (places_.empty()) return;
    }
    const TimeUs now = dependencies_.clock.now_us();
    for (const live::Change& change : tick.changes) {
        const std::string json = student_news_json(change, now);
        if (!json.empty()) send_to_who_sees(change.now, json);
    }
}

void InstructorSockets::status_changed(std::int64_t instructor_id) {
    if (connections().empty()) return;
    const std::lock_guard lock(telling_);
    const auto account = dependencies_.database.read(
        [&](sql::Connection& c) { return classroom::find_account(c, instructor_id); });
    // When the database went away meanwhile, nobody knows; the next change tells.
    if (account && *account) send_to_all(status_frame_json("instructor_status_changed", **account));
}

void InstructorSockets::store_status(const Session& session, const StatusUpdate& update) {
    const auto answer = [this, thread = session.thread(),
                         number = session.number](std::string json) {
        post_to(thread, number,
                [json = std::move(json)](Session& sender) { sender.answer_status(json); });
    };
    const bool queued = dependencies_.rows.post([this, answer, id = session.instructor_id, update] {
        const auto account = store(id, update);
        if (!account) return answer(error_json(account.error()));
        answer(status_frame_json("status_updated", *account));
        status_changed(id);
    });
    if (!queued) answer(error_json(kStoreBusy));
}

tl::expected<classroom::Account, std::string> InstructorSockets::store(std::int64_t instructor_id,
                                                                       const StatusUpdate& update) {
    const auto refused = [](std::string_view why) { return tl::unexpected(std::string(why)); };
    if (update.session_id) {
        const auto known = has_session_(*update.session_id);
        if (!known) return refused("The sessions cannot be read now; try again");
        if (!*known) return refused("session_id: there is no session with this id");
    }
    const auto account = dependencies_.database.write(
        [&](sql::Connection& c) -> Result<std::optional<classroom::Account>> {
            CELLMON_TRY_ASSIGN(const auto before, classroom::find_account(c, instructor_id));
            const bool may =
                before && before->is_active && before->role >= classroom::Role::assistant;
            if (!may) return std::nullopt;
            CELLMON_TRY(classroom::set_status(c, instructor_id, update.status, update.session_id,
                                              dependencies_.clock.now_us()));
            return classroom::find_account(c, instructor_id);
        });
    if (!account) return refused(kStoreAway);
    if (!*account) return refused("This account may not do that");
    return **account;
}

}  // namespace cellmon::api
