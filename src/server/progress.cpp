#include "server/progress.hpp"

#include <utility>

namespace cellmon::server {
namespace {

std::string checkpoint_path(const config::Config& config) {
    return config.data_directory + "/progress.checkpoint";
}

}  // namespace

Result<std::unique_ptr<Progress>> Progress::open(const config::Config& config,
                                                 std::unique_ptr<projection::EntrySource> source,
                                                 const Dependencies& dependencies) {
    CELLMON_TRY_ASSIGN(auto service,
                       progress::ProgressService::open(
                           std::move(source), checkpoint_path(config),
                           {dependencies.files, dependencies.clock, dependencies.log}));
    std::unique_ptr<Progress> made(new Progress(config, std::move(service), dependencies));
    made->service_->start(&made->sockets_);
    return made;
}

Progress::Progress(const config::Config& config, std::unique_ptr<progress::ProgressService> service,
                   const Dependencies& dependencies)
    : dependencies_(dependencies),
      service_(std::move(service)),
      worker_({2, config.classroom_queue, "progress", false}),
      sockets_(config.live_queue.bytes,
               {*service_, worker_, dependencies.threads, dependencies.clock}),
      checkpointer_(checkpointed(*service_), dependencies.files, checkpoint_path(config),
                    config.checkpoint_interval, dependencies.log) {}

void Progress::add_routes(http::Router& router, const api::Sights& sights) {
    api::add_progress_routes(
        router, {*service_, [&live = dependencies_.live] { return live.picture(); }, worker_,
                 sights, dependencies_.ingest, dependencies_.entries, sockets_, dependencies_.clock,
                 dependencies_.random});
}

void Progress::stop() {
    worker_.stop();
    service_->stop();
}

}  // namespace cellmon::server
