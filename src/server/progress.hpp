#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/progress/progress_routes.hpp"
#include "api/progress/progress_sockets.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "config/config.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"
#include "live/live_service.hpp"
#include "live/server_entries.hpp"
#include "progress/progress_service.hpp"
#include "projection/entry_source.hpp"
#include "server/checkpointer.hpp"

namespace cellmon::server {

/// Progress of students, put together: its fold with a checkpoint, the sockets, and a worker of its
/// own, so that who waits for the fold makes nobody else wait.
class Progress {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        RandomSource& random;
        telemetry::Log& log;
        http::IoThreads& threads;
        ingest::Ingest& ingest;
        live::ServerEntries& entries;
        const live::LiveService& live;
    };

    /// Restored and folded through what is durable; it goes on by itself from then on.
    static Result<std::unique_ptr<Progress>> open(const config::Config& config,
                                                  std::unique_ptr<projection::EntrySource> source,
                                                  const Dependencies& dependencies);

    void add_routes(http::Router& router, const api::Sights& sights);

    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const {
        return service_->metrics();
    }
    /// As Checkpointer::written_sequence().
    [[nodiscard]] std::uint64_t checkpointed_sequence() const {
        return checkpointer_.written_sequence();
    }
    /// Open sockets. Any thread.
    [[nodiscard]] std::size_t connections() const { return sockets_.connections(); }

    /// Ends its threads. The journal must still be there; it must outlive the I/O threads all the
    /// same.
    void stop();

  private:
    Progress(const config::Config& config, std::unique_ptr<progress::ProgressService> service,
             const Dependencies& dependencies);

    const Dependencies dependencies_;
    const std::unique_ptr<progress::ProgressService> service_;
    api::Worker worker_;
    api::ProgressSockets sockets_;
    Checkpointer checkpointer_;
};

}  // namespace cellmon::server
