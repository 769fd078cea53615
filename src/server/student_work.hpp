#pragma once

#include "api/environments/environment_routes.hpp"
#include "api/offline/offline_routes.hpp"
#include "api/offline/offline_sync.hpp"
#include "api/row_parts.hpp"
#include "api/worker.hpp"
#include "config/config.hpp"
#include "environment/host_probe.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"
#include "store/class_history.hpp"

namespace cellmon::server {

/// What students' clients report besides ordinary events, put together: environments and offline
/// work. Its threads wait for other programs, the journal and the stores, so that no other
/// request does.
class StudentWork {
  public:
    struct Dependencies {
        api::RowParts rows;
        store::ClassHistory& history;
        ingest::Ingest& ingest;
        http::IoThreads& threads;
        RandomSource& random;
    };

    StudentWork(const config::Config& config, const Dependencies& dependencies);

    void add_routes(http::Router& router, const api::Sights& sights);

    /// Ends its threads. The I/O threads and the journal must still run; it must outlive them all
    /// the same.
    void stop();

  private:
    const Dependencies dependencies_;
    environment::HostProbe probe_;
    api::OfflineSync sync_;
    api::Worker environments_;
    api::Worker offline_;
};

}  // namespace cellmon::server
