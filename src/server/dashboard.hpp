#pragma once

#include <cstddef>

#include "api/legacy_sockets.hpp"
#include "api/overview_history.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"
#include "io/file_system.hpp"
#include "live/instructor_actions.hpp"
#include "live/live_service.hpp"
#include "live/picture_listeners.hpp"
#include "live/picture_waiters.hpp"
#include "store/relational_history.hpp"

namespace cellmon::server {

/// What existing dashboards use, put together. Its worker is its own, so that no export of events
/// makes a dashboard wait.
class Dashboard {
  public:
    /// `actions` may be null, for a server that only shows. The others must outlive it. It must
    /// outlive the thread of `live` and the last request.
    Dashboard(const config::Config& config, const live::LiveService& live,
              live::InstructorActions* actions, http::IoThreads& threads, io::FileSystem& files,
              const Clock& clock);

    ~Dashboard();
    Dashboard(const Dashboard&) = delete;
    Dashboard& operator=(const Dashboard&) = delete;

    void listen(live::PictureListeners& listeners);
    void add_routes(http::Router& router, const api::Sights& sights);
    [[nodiscard]] store::ClassHistory& history() { return history_; }

    /// Open sockets of existing dashboards. Any thread.
    [[nodiscard]] std::size_t connections() const { return sockets_.connections().size(); }

  private:
    const live::LiveService& live_;
    live::InstructorActions* const actions_;
    const Clock& clock_;
    store::RelationalHistory history_;
    api::LegacySockets sockets_;
    live::PictureWaiters waiters_;
    api::Worker worker_;
    api::OverviewHistory overview_;
};

}  // namespace cellmon::server
