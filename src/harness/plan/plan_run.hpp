#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/plan/plan.hpp"
#include "harness/plan/site.hpp"
#include "harness/report/run_report.hpp"

namespace cellmon::harness::plan {

struct PlanRunOptions {
    SiteOptions site;     ///< Its folder is made here when it is empty, and removed at the end.
    std::string profile;  ///< As the report names it.
    std::string out;      ///< Folder for ledgers, samples and the server's log; is made.
    bool quick = false;
    std::uint64_t seed = 1;
    /// Ids of phases that the plan in its file has besides those to play.
    std::vector<std::string> left_out;
    /// A run to go on with: what passed in it, or does not apply, stays as it is.
    std::optional<report::RunReport> before;
};

/// What somebody who waits for the end is told, and asked. All from the caller's thread.
struct PlanWatch {
    std::function<bool()> stop;  ///< True ends the run soon, with a report of what there is.
    std::function<void(const std::string& what)> prepares;
    std::function<void(const Phase&)> began;
    std::function<void(const Phase&, double fraction, const std::string& detail)> progress;
    std::function<void(const report::PhaseReport&, bool kept)> ended;
    /// Called behind each phase with all there is by then, and at the end.
    std::function<Result<void>(const report::RunReport&)> write;
};

/// Plays the phases one behind the other. What was started is ended and what was hurt is mended
/// when it returns, however it does. Errors are those of this machine: a store that cannot be
/// started, a folder that cannot be written. Call it from the main thread.
Result<report::RunReport> run_plan(const Plan& plan, const PlanRunOptions& options,
                                   const PlanWatch& watch, const Clock& clock);

}  // namespace cellmon::harness::plan
