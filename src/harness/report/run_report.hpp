#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace cellmon::harness::report {

/// What became of a phase of a plan, and of the plan as a whole.
enum class Verdict {
    passed,
    failed,
    not_applicable,  ///< This profile cannot run it; `reason` says why. Never counted as passed.
    not_run,         ///< The plan was stopped before it, or while it ran.
    invalid,         ///< The generator measured itself (see load.md): neither passed nor failed.
};
[[nodiscard]] std::string_view name_of(Verdict verdict);
[[nodiscard]] std::optional<Verdict> verdict_of(std::string_view name);

/// One promise that a phase was held against.
struct Criterion {
    std::string name;   ///< Of the plan, as `events_lost`; the key of a comparison of two runs.
    std::string limit;  ///< What was asked, for a person: "≤ 500".
    std::string unit;   ///< "ms", "events/s"; empty of a count.
    std::optional<double> measured;  ///< nullopt: it could not be measured, so it does not hold.
    bool held = false;
    std::string reason;     ///< Of what does not hold, in words of a person.
    std::string reason_ja;  ///< The same in Japanese; empty: `reason` is shown in its place.
    /// false: this profile, or what the phase does, leaves nothing to judge by it, and `reason`
    /// says why. It is neither held nor broken then.
    bool applies = true;

    [[nodiscard]] bool broken() const { return applies && !held; }
};

/// What was measured beside, without a limit. The better direction is for comparisons.
struct Figure {
    enum class Better { lower, higher, neither };
    std::string name;
    std::string unit;
    double value = 0;  ///< Not a number: it could not be measured.
    Better better = Better::neither;
};
[[nodiscard]] std::string_view name_of(Figure::Better better);
[[nodiscard]] std::optional<Figure::Better> better_of(std::string_view name);

/// A measure over the time of a phase; plotted, and kept raw in `samples.ndjson` beside the report.
struct Series {
    std::string
        name;  ///< As in the monitor's JSON (`cpu_percent`), or `latency_p95_ms`, `lag_events`.
    std::string unit;
    std::vector<TimeUs> at;
    std::vector<std::optional<double>> value;  ///< nullopt: could not be read then.
};

/// What was done to a part of the system under test.
struct Fault {
    std::string kind;    ///< "kill", "stop", "gate", "disk_full", …
    std::string target;  ///< "server", "redis", …
    TimeUs began = 0;
    std::optional<TimeUs> ended;      ///< nullopt: was never undone, which is a failure.
    std::optional<TimeUs> recovered;  ///< When all had caught up again.
};

struct PhaseReport {
    std::string id;    ///< Of the plan: "2.1".
    std::string name;  ///< "phased load".
    Verdict verdict = Verdict::not_run;
    std::string reason;
    TimeUs began = 0;
    TimeUs ended = 0;
    std::vector<Criterion> criteria;
    std::vector<Figure> figures;
    std::vector<Series> series;
    std::vector<Fault> faults;
    std::string name_ja;    ///< "段階負荷"; empty: `name` is shown in its place.
    std::string reason_ja;  ///< As of a criterion.

    /// What reports say of it: `verdict`, but failed where it is called passed although a criterion
    /// does not hold or a fault was never undone.
    [[nodiscard]] Verdict judged() const;
};

struct Machine {
    std::string cpu;
    std::uint64_t cores = 0;
    std::uint64_t memory_bytes = 0;
    std::string kernel;
    std::string file_system;  ///< Below the data directory.
};

/// One run of a plan against one target.
struct RunReport {
    std::string plan;
    std::string profile;  ///< "embedded", "stores", or the name of a target profile.
    std::string target;   ///< Program and version, or URL.
    bool quick = false;
    bool interrupted = false;  ///< By Ctrl-C: what was not run is so marked.
    std::uint64_t seed = 0;
    TimeUs began = 0;
    TimeUs ended = 0;
    Machine machine;
    std::vector<PhaseReport> phases;
    /// Ids of the plan's phases of which nothing is said: the run was not asked to play them, or
    /// has not come to them when this was written.
    std::vector<std::string> left_out;
    std::string bottleneck;         ///< As bottleneck.hpp names it; empty: not judged.
    std::string bottleneck_reason;  ///< With the figures that it follows from.
    std::string bottleneck_reason_ja;

    /// passed when each phase that applies passed and at least one did; `invalid` when nothing
    /// failed but a measurement was not valid; not_run when it was interrupted and nothing failed.
    [[nodiscard]] Verdict verdict() const;
    /// Phases that came to a verdict of their own.
    [[nodiscard]] std::size_t played() const;
};

}  // namespace cellmon::harness::report
