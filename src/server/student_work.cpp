#include "server/student_work.hpp"

namespace cellmon::server {

StudentWork::StudentWork(const config::Config& config, const Dependencies& dependencies)
    : dependencies_(dependencies),
      probe_(config.environment, dependencies.rows.clock),
      sync_({dependencies.rows.database, dependencies.ingest, dependencies.threads,
             dependencies.rows.clock}),
      environments_({2, config.classroom_queue, "environments", false}),
      offline_({2, config.classroom_queue, "offline", false}) {}

void StudentWork::add_routes(http::Router& router, const api::Sights& sights) {
    api::add_environment_routes(
        router, {dependencies_.rows, dependencies_.history, probe_, environments_, sights,
                 dependencies_.ingest, dependencies_.threads, dependencies_.random});
    api::add_offline_routes(
        router, {dependencies_.rows, sync_, offline_, dependencies_.ingest, dependencies_.random});
}

void StudentWork::stop() {
    probe_.stop();
    environments_.stop();
    offline_.stop();
}

}  // namespace cellmon::server
