#include "harness/plan/plan_run.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "harness/plan/machine.hpp"
#include "harness/plan/peer_phases.hpp"
#include "harness/plan/phase_work.hpp"

namespace cellmon::harness::plan {
namespace {

namespace fs = std::filesystem;
using report::Verdict;

/// A folder that is removed with all that is in it.
class TemporaryFolder {
  public:
    static Result<std::unique_ptr<TemporaryFolder>> make() {
        std::error_code error;
        std::string name = (fs::temp_directory_path(error) / "cellmon-plan-XXXXXX").string();
        if (error || ::mkdtemp(name.data()) == nullptr)
            return fail(error_from_errno(errno, "a temporary folder cannot be made"));
        // PostgreSQL, which runs as another user, has to come through.
        fs::permissions(name, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec,
                        error);
        return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(name));
    }
    ~TemporaryFolder() {
        std::error_code error;
        fs::remove_all(name_, error);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    explicit TemporaryFolder(std::string name) : name_(std::move(name)) {}
    const std::string name_;
};

Result<void> make_folder(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return fail(ErrorCode::io, fmt::format("{}: {}", path, error.message()));
    return {};
}

/// Of an earlier run, when its verdict stays.
const report::PhaseReport* kept_of(const PlanRunOptions& options, const Phase& phase) {
    if (!options.before) return nullptr;
    const auto& phases = options.before->phases;
    const auto found = std::find_if(phases.begin(), phases.end(),
                                    [&](const auto& one) { return one.id == phase.id; });
    if (found == phases.end()) return nullptr;
    const bool stays =
        found->verdict == Verdict::passed || found->verdict == Verdict::not_applicable;
    return stays ? &*found : nullptr;
}

report::PhaseReport not_run(const Phase& phase, const Words& reason) {
    report::PhaseReport report;
    report.id = phase.id;
    report.name = phase.name;
    report.name_ja = phase.name_ja;
    report.reason = reason.en;
    report.reason_ja = reason.ja;
    return report;
}

/// Plays the phases against a system that stands.
class PlanRun {
  public:
    PlanRun(const Plan& plan, const PlanRunOptions& options, const PlanWatch& watch,
            const Clock& clock, report::RunReport& report)
        : plan_(plan), options_(options), watch_(watch), clock_(clock), report_(report) {}

    Result<void> play(Site& site) {
        CELLMON_TRY(site.prepare({}));
        CELLMON_TRY_ASSIGN(const auto samples, SampleFile::open(options_.out + "/samples.ndjson"));
        Availability availability(site, clock_);
        RunParts parts{plan_,
                       site,
                       clock_,
                       *samples,
                       availability,
                       options_.out + "/ledger",
                       options_.seed,
                       options_.quick,
                       watch_.stop,
                       [](double, const std::string&) {},
                       {}};
        for (const Phase& phase : plan_.phases)
            report_.left_out.push_back(phase.id);
        for (const Phase& phase : plan_.phases) {
            if (const auto* const kept = kept_of(options_, phase); kept != nullptr) {
                add(*kept);
                watch_.ended(*kept, true);
                continue;
            }
            if (watch_.stop()) report_.interrupted = true;
            report::PhaseReport ended = report_.interrupted
                                            ? not_run(phase, {"その前に計画が中断されました",
                                                              "stopped on request before it"})
                                            : play(parts, phase);
            watch_.ended(ended, false);
            add(std::move(ended));
            report_.ended = clock_.now_us();
            CELLMON_TRY(watch_.write(report_));
        }
        return {};
    }

  private:
    void add(report::PhaseReport phase) {
        auto& left = report_.left_out;
        // Those that nobody asked for stand first, and are others.
        if (const auto found = std::find(left.begin(), left.end(), phase.id); found != left.end())
            left.erase(found);
        report_.phases.push_back(std::move(phase));
    }

    report::PhaseReport play(RunParts& parts, const Phase& phase) {
        watch_.began(phase);
        parts.progress = [&](double fraction, const std::string& detail) {
            watch_.progress(phase, fraction, detail);
        };
        PhaseWork work(parts, phase);
        if (const auto lack = lack_of_peer(parts.site, phase)) {
            static_cast<void>(work.skip(*lack));
            return work.end();
        }
        const auto played = player_of(phase.kind->name)(work);
        if (!played && !work.stopped()) {
            work.fail_with({"最後まで実行できませんでした：" + played.error().message,
                            played.error().message});
        }
        report_.interrupted = report_.interrupted || work.stopped();
        return work.end();
    }

    const Plan& plan_;
    const PlanRunOptions& options_;
    const PlanWatch& watch_;
    const Clock& clock_;
    report::RunReport& report_;
};

}  // namespace

Result<report::RunReport> run_plan(const Plan& plan, const PlanRunOptions& options,
                                   const PlanWatch& watch, const Clock& clock) {
    CELLMON_TRY(make_folder(options.out + "/ledger"));
    std::unique_ptr<TemporaryFolder> temporary;
    SiteOptions place = options.site;
    if (place.folder.empty()) {
        CELLMON_TRY_ASSIGN(temporary, TemporaryFolder::make());
        place.folder = temporary->name();
    }
    report::RunReport report;
    report.plan = plan.name;
    report.profile = options.profile;
    report.quick = options.quick;
    report.seed = options.seed;
    report.left_out = options.left_out;
    report.began = options.before ? options.before->began : clock.now_us();
    report.machine = this_machine(place.folder);
    watch.prepares(place.with_stores ? "starts server and stores" : "starts the server");
    Result<void> played;
    {
        CELLMON_TRY_ASSIGN(const auto site, Site::create(place));
        report.target = site->description();
        played = PlanRun(plan, options, watch, clock, report).play(*site);
        watch.prepares("ends what it started");
    }
    std::error_code error;
    fs::copy_file(place.folder + "/server.log", options.out + "/server.log",
                  fs::copy_options::overwrite_existing, error);
    CELLMON_TRY(played);
    report.ended = clock.now_us();
    CELLMON_TRY(watch.write(report));
    return report;
}

}  // namespace cellmon::harness::plan
