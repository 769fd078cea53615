#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "api/projections_api.hpp"
#include "base/clock.hpp"
#include "http/router.hpp"
#include "journal/journal.hpp"

namespace cellmon::api {

/// Open sockets, by what is said on them.
struct SocketCounts {
    std::size_t live = 0;        ///< `/api/v1/live`.
    std::size_t dashboard = 0;   ///< `/api/v1/dashboard/ws/dashboard`.
    std::size_t instructor = 0;  ///< `/api/v1/instructor/ws/instructor/{instructor_id}`.
    std::size_t progress = 0;    ///< `/api/v1/progress/ws/…`.
    std::size_t client = 0;      ///< `/api/v1/ws/{client_id}`.
};

/// The database of the classroom's rows, as the health routes show it.
struct ClassroomHealth {
    bool postgres = false;
    std::function<std::optional<std::string>()> trouble;  ///< nullopt: none. Asks nobody.
};

/// What the server cannot do without: its journal, or the one that it follows.
struct FoundationState {
    bool works = false;
    std::string message;
};
struct Foundation {
    std::string name;  ///< As the health routes show it.
    std::function<FoundationState()> state;
};

/// The journal of a server that takes events.
[[nodiscard]] Foundation journal_foundation(const journal::Journal& journal);

/// The backups that the server makes by itself.
struct BackupHealth {
    bool works = false;
    std::string message;
};

/// What the health is made of. All but the functions must outlive the router.
struct HealthParts {
    Foundation foundation;
    ProjectionStatuses statuses;
    ClassroomHealth classroom;
    std::function<BackupHealth()> backups;  ///< Empty: it makes none.
    std::function<SocketCounts()> sockets;
    const Clock& clock;
};

/// GET /api/v1/health, …/simple, …/ready, …/live (contract §3.4) and /health/ready. Healthy or
/// degraded (200) while the foundation works, 503 only when it does not.
void add_health_routes(http::Router& router, HealthParts parts);

}  // namespace cellmon::api
