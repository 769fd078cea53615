#pragma once

#include <functional>

#include "api/legacy_sockets.hpp"
#include "api/overview_history.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "base/clock.hpp"
#include "http/router.hpp"
#include "live/instructor_actions.hpp"
#include "live/picture.hpp"
#include "live/picture_waiters.hpp"
#include "store/class_history.hpp"

namespace cellmon::api {

/// What the routes of the dashboard stand on; all must outlive the last request.
struct DashboardParts {
    std::function<live::PicturePtr()> picture;  ///< The class as it is now; any thread.
    live::InstructorActions* actions;  ///< Null: this server only shows, and has no such routes.
    live::PictureWaiters& waiters;
    store::ClassHistory& history;
    OverviewHistory& overview;
    const LegacySockets& sockets;
    Worker& worker;  ///< Reads the history.
    const Clock& clock;
    const Sights& sights;
};

/// GET /api/v1/dashboard/overview, …/metrics, …/students/{email}/activity,
/// …/ws/dashboard/status · POST …/students/{email}/dismiss-help, …/resolve-error (contract 3.10).
///
/// Each route speaks of the students whom the caller may see, and of no others.
///
/// Students come from the class as it is now and need no store. What needs the store and finds none
/// is answered 503 with Retry-After. An instructor's action is answered when it is durable and the
/// next overview shows it.
void add_dashboard_routes(http::Router& router, const DashboardParts& parts);

}  // namespace cellmon::api
