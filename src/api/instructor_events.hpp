#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/instructor_event_texts.hpp"
#include "api/instructor_sockets.hpp"
#include "api/worker.hpp"
#include "auth/login_limits.hpp"
#include "auth/logins.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/io_threads.hpp"
#include "socketio/hub.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// What instructors say to each other over Socket.IO (contract §4.6): who is let in, what they say,
/// and who hears it. Any thread.
class InstructorEvents final : public socketio::Application {
  public:
    static constexpr std::size_t kMostPending = 16;  ///< Events of one client that wait.

    /// All must outlive it.
    struct Dependencies {
        auth::Logins& logins;
        sql::Database& database;
        Worker& rows;  ///< Asks the database.
        InstructorSockets& sockets;
        http::IoThreads& threads;
        const Clock& clock;
        RandomSource& random;
    };

    InstructorEvents(const socketio::Limits& limits, const Dependencies& dependencies);

    [[nodiscard]] socketio::Hub& hub() { return hub_; }
    [[nodiscard]] const socketio::Hub& hub() const { return hub_; }

    /// Of who is in.
    [[nodiscard]] std::set<std::string> tokens() const;

    /// Disconnects those who are in with these tokens.
    void end(const std::set<std::string>& token_ids);

    void joining(const std::string& session, socketio::Session::Join join,
                 const std::string& address) override;
    void called(const std::string& session, socketio::Session::Call call) override;
    void left(const std::string& session) override;

  private:
    struct Said {
        ClientEvent event;
        std::string name;
        std::optional<std::uint64_t> ack;
    };
    struct Member {
        std::int64_t instructor_id = 0;
        std::string token_id;
        std::deque<Said> waiting;  ///< The first is being done.
    };
    using Outcome = tl::expected<void, std::string>;  ///< Or why not.

    void let_in(const std::string& session, const std::string& token, const std::string& address,
                std::int64_t began_us);
    void answer(const std::string& session, const Said& said, const Outcome& outcome);
    void do_next(const std::string& session);
    void do_first(const std::string& session);
    [[nodiscard]] Outcome perform(const std::string& session, std::int64_t instructor_id,
                                  const ClientEvent& event);
    [[nodiscard]] Outcome may(std::int64_t instructor_id);

    const Dependencies dependencies_;
    auth::RateLimit messages_;
    mutable std::mutex mutex_;
    std::map<std::string, Member> members_;  ///< By session.
    socketio::Hub hub_;
};

}  // namespace cellmon::api
