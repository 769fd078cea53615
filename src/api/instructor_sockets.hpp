#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/instructor_frames.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "auth/login_limits.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/io_threads.hpp"
#include "http/websocket.hpp"
#include "live/picture.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// The sockets of instructors, `/api/v1/instructor/ws/instructor/{instructor_id}` (contract §4.3):
/// who is connected, what they say, and what they are told. Each instructor has one; a newer one
/// takes the place of an older one.
class InstructorSockets final : public live::PictureListener {
  public:
    static constexpr std::uint16_t kNotJson = 4000;        ///< Close code, as the origin's.
    static constexpr std::uint16_t kTooMany = 4008;        ///< Close code.
    static constexpr std::size_t kMostPendingStatus = 16;  ///< Updates of one socket that wait.

    /// All must outlive it.
    struct Dependencies {
        sql::Database& database;
        Worker& rows;  ///< Asks the database.
        http::IoThreads& threads;
        const Clock& clock;
        const Sights& sights;  ///< Who hears of which students.
    };

    /// `queue_bytes`: what may wait for a client before it is sent more.
    InstructorSockets(std::size_t queue_bytes, const Dependencies& dependencies);

    /// The UpgradeHandler of the route: the token must be that of the instructor in the path.
    [[nodiscard]] http::UpgradeDecision accept(const http::Request& request);

    /// Whether a session of a notebook has that row; blocks. Before the first request.
    void set_has_session(std::function<Result<bool>(std::int64_t)> has_session) {
        has_session_ = std::move(has_session);
    }

    /// Tells all who are connected what the instructor does now. Blocks on the database.
    void status_changed(std::int64_t instructor_id);

    /// What the account is with the new status, or why it has none: its role may be another one
    /// than when it came. Tells nobody. Blocks on the database.
    [[nodiscard]] tl::expected<classroom::Account, std::string> store(std::int64_t instructor_id,
                                                                      const StatusUpdate& update);

    /// Tells each of those of their students who ask for help, do not any more, or are stuck. The
    /// live thread.
    void pictured(const live::Tick& tick) override;

    struct Connection {
        std::int64_t instructor_id = 0;
        TimeUs connected_us = 0;
    };
    /// By id of the instructor. Any thread.
    [[nodiscard]] std::vector<Connection> connections() const;

  private:
    class Session;
    /// The one connection of an instructor.
    struct Place {
        std::uint64_t number = 0;  ///< Of the connection, from 1 since the start.
        unsigned thread = 0;
        TimeUs connected_us = 0;
    };

    void joined(Session& session);
    void left(const Session& session);
    /// False when the target is not connected.
    [[nodiscard]] bool send_to(std::int64_t instructor_id, std::string json);
    void send_to_all(const std::string& json);
    void send_to_who_sees(const live::StudentPicturePtr& student, const std::string& json);
    void post_to(unsigned thread, std::uint64_t number, std::function<void(Session&)> work);
    void store_status(const Session& session, const StatusUpdate& update);

    const std::size_t queue_bytes_;
    const Dependencies dependencies_;
    std::function<Result<bool>(std::int64_t)> has_session_;
    auth::RateLimit messages_;

    /// Of each I/O thread, by number; touched by that thread alone.
    std::vector<std::map<std::uint64_t, Session*>> sessions_;

    mutable std::mutex mutex_;
    std::uint64_t newest_ = 0;
    std::map<std::int64_t, Place> places_;  ///< By id of the instructor.
    live::PicturePtr picture_;              ///< Null before pictured().

    std::mutex telling_;  ///< So that of two changes the later is told last.
};

}  // namespace cellmon::api
