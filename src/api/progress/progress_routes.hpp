#pragma once

#include <chrono>

#include "api/progress/progress_sockets.hpp"
#include "api/progress/progress_viewer.hpp"
#include "api/row_parts.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "base/random.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"
#include "live/server_entries.hpp"
#include "progress/progress_service.hpp"

namespace cellmon::api {

/// What the routes of progress stand on; all must outlive the last request.
struct ProgressParts {
    progress::ProgressService& progress;
    ProgressViewer::PictureSource picture;  ///< Of the class, for who may see whom.
    Worker& worker;                         ///< Waits for the fold.
    const Sights& sights;
    ingest::Ingest& ingest;        ///< Takes events in.
    live::ServerEntries& entries;  ///< Takes in what is done about progress.
    ProgressSockets& sockets;
    const Clock& clock;
    RandomSource& random;
};

/// Who reads waits so long at most for what is durable to be counted.
inline constexpr std::chrono::milliseconds kProgressPatience{1'000};

/// The recipient that stands for all instructors.
inline constexpr std::string_view kInstructorRecipient = "instructor";

/// The routes of contract §3.15 and the sockets of §4.4 and §4.5.
void add_progress_routes(http::Router& router, const ProgressParts& parts);

void add_progress_read_routes(http::Router& router, const ProgressParts& parts);
void add_progress_event_routes(http::Router& router, const ProgressParts& parts);
void add_progress_action_routes(http::Router& router, const ProgressParts& parts);

[[nodiscard]] inline ProgressViewer viewer_of(const ProgressParts& parts,
                                              const http::Request& request) {
    return {parts.sights, parts.picture, request};
}

/// The same for who does not exist and whom the caller does not see.
[[nodiscard]] http::Response no_progress(std::string_view user_id);

}  // namespace cellmon::api
