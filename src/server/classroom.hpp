#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "api/account_parts.hpp"
#include "api/gate.hpp"
#include "api/guarded_sockets.hpp"
#include "api/health_api.hpp"
#include "api/instructor_events.hpp"
#include "api/instructor_sockets.hpp"
#include "api/key_gate.hpp"
#include "api/look_log.hpp"
#include "api/row_parts.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "auth/logins.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "http/cors.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"
#include "image/converter.hpp"
#include "io/file_system.hpp"
#include "live/picture_listeners.hpp"
#include "server/consent_watch.hpp"
#include "server/key_watch.hpp"
#include "server/settings.hpp"
#include "sql/database.hpp"
#include "store/class_history.hpp"
#include "telemetry/log.hpp"
#include "telemetry/say_once.hpp"

namespace cellmon::server {

/// The classroom's rows, which no journal can rebuild, and who may use what: the database
/// (DATA/classroom.db or PostgreSQL), the logins, the gate in front of all routes, and the routes
/// of accounts.
class Classroom {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        RandomSource& random;
        http::IoThreads& threads;
        telemetry::Log& log;
    };

    /// Brings the schema up to date. A database that is away is said in the log and tried again
    /// while the server runs, which goes on without it; one that a newer program wrote is an error
    /// (newer_format), and so are settings that cannot be used (invalid, permission).
    static Result<std::unique_ptr<Classroom>> open(const config::Config& config,
                                                   const Dependencies& dependencies);

    /// Every route that is added behind this goes through the gate.
    void guard(http::Router& router);
    void add_routes(http::Router& router, store::ClassHistory& history);
    /// Of these, those that a server needs which only shows: logging in and out.
    void add_login_routes(http::Router& router, store::ClassHistory& history);

    [[nodiscard]] const api::Sights& sights() const { return sights_; }

    /// To which level classes lower consent.
    [[nodiscard]] const privacy::ClassConsents& consents() const { return consents_.consents(); }

    /// What other requests about these rows stand on.
    [[nodiscard]] api::RowParts row_parts() { return {database_, rows_, dependencies_.clock}; }

    /// What stop() ends first: others whose threads ask this database. Once, before stop().
    void stop_first(std::function<void()> others) { stop_others_ = std::move(others); }

    /// `changed` is called by a thread of its own, some two seconds behind the change at most, when
    /// accounts may see others than before. Once; not behind stop().
    void on_sights_changed(std::function<void()> changed);

    /// Before the live thread starts; `first` is the picture that it begins with.
    void listen(live::PictureListeners& listeners, live::PicturePtr first);
    /// Open sockets of instructors. Any thread.
    [[nodiscard]] std::size_t connections() const { return instructors_.connections().size(); }

    /// Ends the sessions of Socket.IO, whose polls would hold up the listener's stop.
    void end_sessions() { events_.hub().stop(); }

    /// Ends its threads; requests that still wait for them are answered 500, later ones 503. What
    /// the gate let through has run when it returns. It must outlive the I/O threads all the same.
    void stop();

    [[nodiscard]] api::ClassroomHealth health() const;

    /// For Metrics::add.
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

    /// Read at the start where the database could be asked, and watched.
    [[nodiscard]] SettingsWatch& settings() { return settings_; }

  private:
    Classroom(const config::Config& config, std::string secret, const Dependencies& dependencies);

    [[nodiscard]] api::AccountParts account_parts(store::ClassHistory& history);
    void say_when_nobody_can_log_in();
    void watch(const std::stop_token& stop);
    void look();
    void close_sockets_of_who_left();
    void refresh_sights();
    void write_looks();
    void wait_for_io_threads();

    const config::Config& config_;
    const Dependencies dependencies_;
    telemetry::SayOnce fault_;
    sql::Database database_;
    SettingsWatch settings_;
    auth::Logins logins_;
    KeyWatch keys_;
    ConsentWatch consents_;
    auth::RateLimit joins_;
    api::Worker rows_;
    api::Worker passwords_;
    api::Worker images_;
    image::Converter converter_;
    api::GuardedSockets sockets_;
    api::KeyGate key_gate_;
    api::Sights sights_;
    api::LookLog looks_;
    api::Gate gate_;
    std::mutex listener_mutex_;
    std::function<void()> sights_changed_;
    std::function<void()> stop_others_;
    std::uint64_t told_version_ = 0;  ///< Of sights_. Of the watching thread.
    api::InstructorSockets instructors_;
    api::InstructorEvents events_;
    bool away_ = false;  ///< As the log last said. Of the watching thread, once that runs.
    std::jthread watcher_;
};

/// Which pages may use the API, and under which names.
[[nodiscard]] http::CorsPolicy cors_policy(const config::Config& config);

/// ErrorCode::invalid, with what to do, for a listen address that is not safe.
Result<void> check_listen_address(const config::Config& config);

}  // namespace cellmon::server
