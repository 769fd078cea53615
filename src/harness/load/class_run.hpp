#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/classroom/classroom.hpp"
#include "harness/ledger/ledger.hpp"
#include "harness/load/event_route.hpp"
#include "harness/load/figures.hpp"
#include "harness/load/poster.hpp"

namespace cellmon::harness {

/// What every run is given.
struct RunContext {
    const Clock& clock;
    LedgerWriter& ledger;
    Figures& figures;
    const Ledger* before = nullptr;  ///< The ledger to go on with; null for a new run.
    std::function<bool()> stop;      ///< Asked about ten times a second; true ends the run.
    std::function<void(double fraction)> progress;  ///< Called about ten times a second.
};

struct ClassRunOptions {
    double speed = 1;                    ///< Class seconds in a real second.
    std::int64_t drain_us = 60'000'000;  ///< How long after the class its last events may take.
    /// Of the server: the form of its requests and answers. Where its pool posts to is its own.
    EventRoute route;
    static constexpr std::int64_t kFlushUs =
        1'000'000;  ///< A better client sends what it has this often, in real time,
    static constexpr std::size_t kMaxBatch = 100;  ///< in requests of at most this many events.
    /// Events waiting in all clients; beyond it the run ends with ErrorCode::limit, because its
    /// times mean nothing any more.
    static constexpr std::size_t kMaxWaitingEvents = 1'000'000;
};

/// Plays a class against the server in the time of the class divided by the speed, as an open
/// model: an event is due at its own time, whether the server keeps up or not.
Result<void> run_class(Classroom& classroom, HttpPool pool, const ClassRunOptions& options,
                       RunContext context);

}  // namespace cellmon::harness
