#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "harness/peer/kept_check.hpp"
#include "harness/plan/availability.hpp"
#include "harness/plan/class_load.hpp"
#include "harness/plan/plan.hpp"
#include "harness/plan/promises.hpp"
#include "harness/plan/recorder.hpp"
#include "harness/plan/site.hpp"
#include "harness/report/run_report.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::plan {

/// What all phases of a run share.
struct RunParts {
    const Plan& plan;
    Site& site;
    const Clock& clock;
    SampleFile& samples;
    Availability& availability;
    std::string ledgers;  ///< The folder for them.
    std::uint64_t seed = 1;
    bool quick = false;
    std::function<bool()> stop;  ///< True ends the run soon. The main thread alone asks.
    /// Tells somebody who looks how far the phase has come.
    std::function<void(double fraction, const std::string& detail)> progress;
    std::vector<std::string> ledgers_of_main_place;  ///< Of the phases so far.
    /// Of another server: what it had kept when the first phase began.
    std::optional<peer::KeptBefore> kept_before_all = std::nullopt;
};

/// A phase that is under way: what it needs, what it collects, and its verdict.
class PhaseWork {
  public:
    PhaseWork(RunParts& parts, const Phase& phase);

    [[nodiscard]] const Phase& phase() const { return phase_; }
    [[nodiscard]] RunParts& parts() { return parts_; }
    [[nodiscard]] Site& site() { return parts_.site; }
    [[nodiscard]] const Clock& clock() const { return parts_.clock; }
    [[nodiscard]] report::PhaseReport& written() { return report_; }

    /// One that is judged; no value: it could not be measured, and `reason` says why. The reason of
    /// one that holds is left out.
    void judge(std::string_view criterion, std::optional<double> measured, const Words& reason);
    /// One of the kind's criteria that says nothing of this phase here, and why.
    void leave_out(std::string_view criterion, const Words& reason);
    void figure(std::string name, std::string unit, double value, report::Figure::Better better);

    /// This profile or machine cannot run it. Returns at once: `return work.skip({"…", "…"})`.
    Result<void> skip(const Words& reason);
    /// The phase has failed as a whole, whatever its criteria say.
    void fail_with(const Words& reason);
    /// From now on what is sent is this phase's.
    Result<void> begin();
    Recorder& record();

    /// Starts a load with the phase's own numbers.
    Result<std::unique_ptr<ClassLoad>> load(std::vector<Round> rounds);
    /// Waits for its end or a request to stop, calling `meanwhile` about twenty times a second.
    LoadResult wait_for(ClassLoad& load, const std::function<void()>& meanwhile = [] {});

    /// Judges what all loads are judged by: events lost, doubled, wrong, unanswered, refused.
    Result<void> judge_promises(const std::vector<std::string>& ledgers);
    /// The same of all that was sent to the main place since the run began.
    Result<void> judge_all_promises();
    void judge_latency(const LoadResult& result, bool service_time = false);
    void judge_errors(const LoadResult& result);
    /// What a load has come to, as figures and series; notes when its generator was no good.
    void note_load(const LoadResult& result);

    [[nodiscard]] bool stopped() const { return stopped_; }
    void note_stop() { stopped_ = stopped_ || parts_.stop(); }
    [[nodiscard]] std::uint64_t seed() const;

    report::PhaseReport end();

  private:
    Result<void> judge_scope(const PromiseScope& scope);
    report::Criterion criterion_named(std::string_view name) const;
    // Of another server (phase_peer.cpp).
    Result<void> begin_with_peer();
    Result<void> judge_kept(const std::vector<std::string>& ledgers,
                            const peer::KeptBefore& before);
    void judge_found(const char* criterion, const peer::KeptVerdict::Finding& finding);

    RunParts& parts_;
    const Phase& phase_;
    report::PhaseReport report_;
    std::unique_ptr<Recorder> recorder_;
    std::uint64_t after_ = 0;       ///< The journal's sequence when the phase began.
    peer::KeptBefore kept_before_;  ///< Of another server, likewise.
    std::vector<Words> doubts_;
    std::size_t loads_ = 0;
    bool stopped_ = false;
};

/// Why the rows of classes cannot be judged, where Site::classroom() has none.
[[nodiscard]] Words unseen_classroom();

/// Plays one kind of phase. An error is one of the system under test or of this machine, and the
/// phase has failed; what cannot be run here is skip()ped.
using PlayPhase = Result<void> (*)(PhaseWork& work);
/// By the name of its kind.
[[nodiscard]] PlayPhase player_of(std::string_view kind);

// One file each.
Result<void> play_offline_sync(PhaseWork& work);
Result<void> play_lms(PhaseWork& work);
Result<void> play_broadcast(PhaseWork& work);
Result<void> play_phased_load(PhaseWork& work);
Result<void> play_resources(PhaseWork& work);
Result<void> play_cross_store(PhaseWork& work);
Result<void> play_transactions(PhaseWork& work);
Result<void> play_faults(PhaseWork& work);
Result<void> play_soak(PhaseWork& work);
Result<void> play_availability(PhaseWork& work);
Result<void> play_backup(PhaseWork& work);

}  // namespace cellmon::harness::plan
