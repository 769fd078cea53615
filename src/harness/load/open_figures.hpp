#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"

namespace cellmon::harness {

/// Requests, and the events in them.
struct Amount {
    std::uint64_t requests = 0;
    std::uint64_t events = 0;

    void add(std::uint64_t more_events) {
        ++requests;
        events += more_events;
    }
    Amount& operator+=(const Amount& other);
    bool operator==(const Amount&) const = default;
};

/// What a part of the measured time has seen. Each offered request is achieved, an error, or not
/// started.
struct PhaseFigures {
    Amount offered;     ///< Due by the schedule.
    Amount achieved;    ///< Answered as the contract says, all of its events taken.
    Histogram latency;  ///< Of what was achieved, from the intended time to the answer.
};

/// What an open run has seen. Everything but `warm_up` is of the measured time alone.
struct OpenFigures {
    std::vector<PhaseFigures> phases;
    Amount warm_up;                 ///< Sent before.
    std::uint64_t not_started = 0;  ///< Requests that found no free connection in time.
    std::uint64_t duplicates = 0;   ///< Achieved events that the server had before.
    /// Requests that failed, by kind: `no_connection`, `lost`, `no_http`, `timeout`, `cut_off` (the
    /// run was stopped); `status_503` and the like; of a success `no_counts` (no `batch_stats`),
    /// `other_count` (of other events than were sent), `refused_events`.
    std::map<std::string, std::uint64_t, std::less<>> errors;
    Histogram service;  ///< Of what was achieved, from its sending to its answer.
    Histogram lag;      ///< From the intended time until this program turned to it.

    double seconds = 0;  ///< From the end of the warm-up to the last answer, at least to the end of
                         ///< the schedule.
    double cpu_seconds = 0;     ///< Of all sending threads, warm-up included.
    std::uint64_t sent = 0;     ///< Requests, warm-up included.
    double busiest_thread = 0;  ///< The share of a core that it used in the measured time.

    explicit OpenFigures(std::size_t phases_count) : phases(phases_count) {}
    void add_error(std::string_view kind);
    void merge(const OpenFigures& other);

    [[nodiscard]] Amount offered() const;
    [[nodiscard]] Amount achieved() const;
    [[nodiscard]] std::uint64_t failed() const;
};

/// Beyond these a run says more of its generator than of the server.
struct GeneratorBounds {
    double lag_ms = 1;        ///< 99 % of the requests were turned to within it.
    double cpu_percent = 80;  ///< Of a core, by each sending thread.
};

/// Why a run is not valid, a sentence each; empty when it is.
[[nodiscard]] std::vector<std::string> doubts_of(const OpenFigures& figures,
                                                 const GeneratorBounds& bounds);

}  // namespace cellmon::harness
