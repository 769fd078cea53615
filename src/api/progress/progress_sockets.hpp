#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/progress/progress_viewer.hpp"
#include "api/worker.hpp"
#include "auth/login_limits.hpp"
#include "base/clock.hpp"
#include "http/io_threads.hpp"
#include "http/websocket.hpp"
#include "progress/progress_service.hpp"

namespace cellmon::api {

/// The sockets of progress (contract §4.4 and §4.5): of one student, and of instructors. Each says
/// how things are when it opens, answers what it is asked, and tells of each change whom it is
/// about.
class ProgressSockets final : public progress::ProgressListener {
  public:
    static constexpr std::uint16_t kTooMany = 4008;      ///< Close code.
    static constexpr std::size_t kMostWaiting = 8;       ///< Questions of one socket.
    static constexpr std::size_t kMostStudents = 1'000;  ///< In one frame, by address.

    /// All must outlive it.
    struct Dependencies {
        progress::ProgressService& progress;
        Worker& worker;  ///< Makes the answers.
        http::IoThreads& threads;
        const Clock& clock;
    };

    /// `queue_bytes`: what may wait for a client before it is sent more.
    ProgressSockets(std::size_t queue_bytes, const Dependencies& dependencies);

    /// `student`: whose progress it is about; nullopt: that of all whom the viewer sees.
    [[nodiscard]] http::UpgradeDecision accept(ProgressViewer viewer,
                                               std::optional<std::string> student);

    void progressed(const progress::Step& step) override;

    /// Open ones. Any thread.
    [[nodiscard]] std::size_t connections() const;

  private:
    class Session;
    struct Push;
    /// Of one I/O thread, touched by it alone.
    struct Sessions {
        std::map<std::uint64_t, Session*> all;  ///< By number.
        std::set<Session*> instructors;
        std::multimap<std::string, Session*, std::less<>> students;  ///< By whom they are about.
    };

    void joined(Session& session);
    void left(Session& session);
    void post_to(unsigned thread, std::uint64_t number, std::function<void(Session&)> work);
    static void send_to_who_sees(const Sessions& sessions, const Push& push);

    const std::size_t queue_bytes_;
    const Dependencies dependencies_;
    auth::RateLimit messages_;
    std::vector<Sessions> sessions_;

    mutable std::mutex mutex_;
    std::uint64_t newest_ = 0;
    std::size_t instructors_ = 0;  ///< Open ones.
    std::multiset<std::string, std::less<>> students_;
};

/// Those whom the viewer sees now, by address.
[[nodiscard]] std::vector<progress::StudentPtr> seen_students(
    const progress::ProgressService& progress, const ProgressViewer& viewer);

}  // namespace cellmon::api
