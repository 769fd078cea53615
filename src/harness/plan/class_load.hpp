#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/load/class_run.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::plan {

/// A class that is played once, sped up until each student makes so many events a second, on
/// average.
struct Round {
    ClassPlan plan;  ///< Its start is set when it begins.
    double events_per_student_s = 10;
    double seconds = 0;  ///< How long it takes, about: each start of a class makes other events.
};

Result<Round> round_of_minutes(std::uint32_t students, std::int64_t minutes,
                               double events_per_student_s, std::uint64_t seed);
/// Classes one behind the other that make so many events a second for `seconds`.
Result<std::vector<Round>> rounds_of_seconds(std::uint32_t students, double seconds,
                                             double events_per_student_s, std::uint64_t seed);

/// What a second of load was like.
struct LoadSecond {
    TimeUs at = 0;             ///< Its end.
    double offered_per_s = 0;  ///< Events that came due.
    double events_per_s = 0;   ///< That were promised.
    std::optional<double> p50_ms;
    std::optional<double> p95_ms;
    std::optional<double> p99_ms;
    std::optional<double> lag_ms;  ///< Of the generator, its 99th percentile.
};

/// What a load has come to.
struct LoadResult {
    std::unique_ptr<Figures> figures = std::make_unique<Figures>();  ///< Of all rounds.
    double cpu_share = 0;  ///< Of a core, by the sending thread.
    std::vector<LoadSecond> seconds;
    std::vector<std::string> ledgers;  ///< Files, one a round.
    Result<void> state;

    /// 5xx and no answer, in percent of the requests; nullopt without any.
    [[nodiscard]] std::optional<double> error_percent() const;
    /// Adds a later load; of the CPU the greater share.
    void merge(LoadResult later);
};

/// Plays rounds on a thread of its own, as a faithful client: every event is sent until it is
/// settled, and the ledger says what was promised.
class ClassLoad {
  public:
    /// The ledgers are `PREFIX-1.ndjson` and so on.
    ClassLoad(const Endpoint& server, std::vector<Round> rounds, std::string ledger_prefix,
              const Clock& clock, EventRoute route = {});
    ~ClassLoad();
    ClassLoad(const ClassLoad&) = delete;
    ClassLoad& operator=(const ClassLoad&) = delete;

    // From any thread.
    [[nodiscard]] bool is_over() const { return over_; }
    [[nodiscard]] std::uint64_t promised() const { return promised_; }
    [[nodiscard]] double fraction() const { return fraction_; }
    /// Ends it; what has no answer yet stays unknown.
    void stop() { stop_ = true; }

    /// Waits for its end.
    LoadResult finish();

  private:
    void run();
    Result<void> play(const Round& round, const std::string& ledger);
    void note(Figures& figures);

    const Endpoint server_;
    const std::vector<Round> rounds_;
    const std::string prefix_;
    const Clock& clock_;
    const EventRoute route_;
    LoadResult result_;
    std::uint64_t noted_offered_ = 0;  ///< Of the round, at the last note.
    std::uint64_t noted_events_ = 0;
    std::int64_t noted_us_ = 0;
    double cpu_s_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> over_ = false;
    std::atomic<std::uint64_t> promised_ = 0;
    std::atomic<double> fraction_ = 0;
    std::thread thread_;
};

}  // namespace cellmon::harness::plan
