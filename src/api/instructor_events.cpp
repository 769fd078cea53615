#include "api/instructor_events.hpp"

#include <utility>

#include "classroom/role.hpp"

namespace cellmon::api {
namespace {

/// Of one instructor, as on their socket.
constexpr auth::Rate kEventRate{120, std::chrono::minutes(1)};

constexpr std::string_view kAway = "The classroom's database is away; try again";
constexpr std::string_view kBusy = "Too many at once; try again";
constexpr std::string_view kMayNot = "This account may not do that";

}  // namespace

InstructorEvents::InstructorEvents(const socketio::Limits& limits, const Dependencies& dependencies)
    : dependencies_(dependencies),
      messages_(kEventRate),
      hub_(limits, {*this, dependencies.clock, dependencies.random,
                    [&threads = dependencies.threads](unsigned thread, http::Task task) {
                        threads.post(thread, std::move(task));
                    }}) {}

std::set<std::string> InstructorEvents::tokens() const {
    std::set<std::string> tokens;
    const std::lock_guard lock(mutex_);
    for (const auto& [session, member] : members_)
        tokens.insert(member.token_id);
    return tokens;
}

void InstructorEvents::end(const std::set<std::string>& token_ids) {
    std::vector<std::string> sessions;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [session, member] : members_) {
            if (token_ids.contains(member.token_id)) sessions.push_back(session);
        }
    }
    for (const std::string& session : sessions)
        hub_.disconnect(session);
}

void InstructorEvents::joining(const std::string& session, socketio::Session::Join join,
                               const std::string& address) {
    auto token = token_in(join.auth);
    if (!token) return hub_.refuse(session, "auth has no token");
    if (token->empty()) return hub_.refuse(session, "The token is blank");
    const std::int64_t began_us = dependencies_.clock.steady_us();
    const bool queued =
        dependencies_.rows.post([this, session, token = std::move(*token), address, began_us] {
            let_in(session, token, address, began_us);
        });
    if (!queued) hub_.refuse(session, kBusy);
}

void InstructorEvents::let_in(const std::string& session, const std::string& token,
                              const std::string& address, std::int64_t began_us) {
    auto found = dependencies_.logins.caller_of(token, address);
    if (!found) return hub_.refuse(session, kAway);
    if (!*found) return hub_.refuse(session, "Could not validate credentials");
    const auth::Caller& caller = **found;
    if (caller.account.role < classroom::Role::assistant) return hub_.refuse(session, kMayNot);
    {
        const std::lock_guard lock(mutex_);
        members_[session] = {caller.account.id, caller.token_id, {}};
    }
    if (!hub_.admit(session)) {
        // It has left, which was told before it was a member.
        const std::lock_guard lock(mutex_);
        members_.erase(session);
        return;
    }
    const std::int64_t took_us = dependencies_.clock.steady_us() - began_us;
    hub_.tell(session,
              socketio::event_packet("connection_success", joined_json(caller.account, took_us)));
}

void InstructorEvents::left(const std::string& session) {
    const std::lock_guard lock(mutex_);
    members_.erase(session);
}

void InstructorEvents::called(const std::string& session, socketio::Session::Call call) {
    Said said{read_client_event(call.event.name, call.event.argument), std::move(call.event.name),
              call.ack};
    bool too_many = false;
    bool too_full = false;
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        const auto member = members_.find(session);
        if (member == members_.end()) return;
        too_many = messages_.take(std::to_string(member->second.instructor_id),
                                  dependencies_.clock.steady_us()) > 0;
        auto& waiting = member->second.waiting;
        too_full = waiting.size() >= kMostPending;
        is_first = waiting.empty();
        if (!too_many && !too_full) waiting.push_back(said);
    }
    if (too_many || too_full) {
        answer(session, said, tl::unexpected(std::string(too_many ? "Too many messages" : kBusy)));
        if (too_many) hub_.disconnect(session);
        return;
    }
    // One after the other, so that the last one said is the one that stays.
    if (is_first) do_next(session);
}

/// What was said wrong waits for its turn too, so that answers come in the order of what was said.
void InstructorEvents::do_next(const std::string& session) {
    while (!dependencies_.rows.post([this, session] { do_first(session); })) {
        std::optional<Said> said;
        bool more = false;
        {
            const std::lock_guard lock(mutex_);
            const auto member = members_.find(session);
            if (member == members_.end() || member->second.waiting.empty()) return;
            said = std::move(member->second.waiting.front());
            member->second.waiting.pop_front();
            more = !member->second.waiting.empty();
        }
        answer(session, *said, tl::unexpected(std::string(kBusy)));
        if (!more) return;
    }
}

void InstructorEvents::do_first(const std::string& session) {
    Said said;
    std::int64_t instructor_id = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto member = members_.find(session);
        if (member == members_.end() || member->second.waiting.empty()) return;
        said = member->second.waiting.front();
        instructor_id = member->second.instructor_id;
    }
    answer(session, said, perform(session, instructor_id, said.event));
    bool more = false;
    {
        const std::lock_guard lock(mutex_);
        const auto member = members_.find(session);
        if (member == members_.end()) return;
        auto& waiting = member->second.waiting;
        if (!waiting.empty()) waiting.pop_front();
        more = !waiting.empty();
    }
    if (more) do_next(session);
}

InstructorEvents::Outcome InstructorEvents::perform(const std::string& session,
                                                    std::int64_t instructor_id,
                                                    const ClientEvent& event) {
    if (const auto* fault = std::get_if<FaultyMessage>(&event)) {
        return tl::unexpected(fault->reason);
    }
    if (const auto* help = std::get_if<HelpRequest>(&event)) {
        if (auto outcome = may(instructor_id); !outcome) return outcome;
        hub_.tell_all(socketio::event_packet(
            "student_help_request", help_request_json(*help, dependencies_.clock.now_us())));
        return {};
    }
    const auto& status = std::get<StatusSaid>(event);
    const auto account = dependencies_.sockets.store(instructor_id, status.update);
    if (!account) return tl::unexpected(account.error());
    hub_.tell_others(
        session, socketio::event_packet(
                     "instructor_status_update",
                     status_said_json(*account, status.location, dependencies_.clock.now_us())));
    dependencies_.sockets.status_changed(instructor_id);
    return {};
}

/// Its role may be another one than when it came.
InstructorEvents::Outcome InstructorEvents::may(std::int64_t instructor_id) {
    const auto account = dependencies_.database.read([&](sql::Connection& connection) {
        return classroom::find_account(connection, instructor_id);
    });
    if (!account) return tl::unexpected(std::string(kAway));
    const bool is_staff =
        *account && (*account)->is_active && (*account)->role >= classroom::Role::assistant;
    if (!is_staff) return tl::unexpected(std::string(kMayNot));
    return {};
}

void InstructorEvents::answer(const std::string& session, const Said& said,
                              const Outcome& outcome) {
    const std::string* why = outcome ? nullptr : &outcome.error();
    if (said.ack) return hub_.tell(session, socketio::ack_packet(*said.ack, outcome_json(why)));
    if (why == nullptr) return;
    hub_.tell(session, socketio::event_packet("error", event_error_json(said.name, *why)));
}

}  // namespace cellmon::api
