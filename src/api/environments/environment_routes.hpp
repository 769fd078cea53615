#pragma once

#include "api/row_parts.hpp"
#include "api/sights.hpp"
#include "api/worker.hpp"
#include "base/random.hpp"
#include "environment/host_probe.hpp"
#include "http/io_threads.hpp"
#include "http/router.hpp"
#include "ingest/ingest.hpp"
#include "store/class_history.hpp"

namespace cellmon::api {

/// What the routes of environments stand on; all must outlive the last request.
struct EnvironmentParts : RowParts {
    store::ClassHistory& history;   ///< The reports of students.
    environment::HostProbe& probe;  ///< This machine's Python.
    Worker& worker;                 ///< Waits for both.
    const Sights& sights;
    ingest::Ingest& ingest;  ///< Takes reports in, as events.
    http::IoThreads& threads;
    RandomSource& random;
};

/// GET /api/v1/environment/current, …/summary, …/packages, …/health, …/diff, …/students,
/// POST …/snapshot, …/analyze (contract §3.12, docs/reference/environments.md).
void add_environment_routes(http::Router& router, const EnvironmentParts& parts);

void add_environment_read_routes(http::Router& router, const EnvironmentParts& parts);
void add_environment_report_routes(http::Router& router, const EnvironmentParts& parts);
void add_environment_student_routes(http::Router& router, const EnvironmentParts& parts);

}  // namespace cellmon::api
