#include "server/dashboard.hpp"

#include "api/dashboard_api.hpp"
#include "api/gate.hpp"
#include "server/relational.hpp"

namespace cellmon::server {

Dashboard::Dashboard(const config::Config& config, const live::LiveService& live,
                     live::InstructorActions* actions, http::IoThreads& threads,
                     io::FileSystem& files, const Clock& clock)
    : live_(live),
      actions_(actions),
      clock_(clock),
      history_(make_history_store(config, files)),
      sockets_({config.legacy_burst, config.live_queue.bytes}, threads, clock),
      overview_(history_, worker_, clock) {}

Dashboard::~Dashboard() {
    // The worker ends next, and must not wait for a store that says nothing.
    history_.interrupt();
}

void Dashboard::listen(live::PictureListeners& listeners) {
    listeners.add(sockets_);
    listeners.add(waiters_);
}

void Dashboard::add_routes(http::Router& router, const api::Sights& sights) {
    api::add_dashboard_routes(router, {[this] { return live_.picture(); }, actions_, waiters_,
                                       history_, overview_, sockets_, worker_, clock_, sights});
    router.add_upgrade("/api/v1/dashboard/ws/dashboard",
                       [this, &sights](const http::Request& request) {
                           return sockets_.accept(sights.source_of(api::caller_if_any(request)));
                       });
}

}  // namespace cellmon::server
