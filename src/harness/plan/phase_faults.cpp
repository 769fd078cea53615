// Load, and what a part of the system may meet meanwhile.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/plan/phase_work.hpp"

namespace cellmon::harness::plan {
namespace {

using chaos::Action;

bool needs_gate(const PlannedFault& fault) {
    return fault_kind(fault.kind)->end == Action::open;
}

/// The server itself cannot answer while it lasts.
bool takes_server_away(const PlannedFault& fault) {
    return fault.target == "server" && !needs_gate(fault) && fault.kind != "clock_step";
}

Needs needs_of(const Phase& phase) {
    Needs needs;
    for (const PlannedFault& fault : phase.faults) {
        if (needs_gate(fault)) needs.gates.insert(fault.target);
        needs.small_disk = needs.small_disk || fault.kind == "disk_full";
        needs.clock = needs.clock || fault.kind == "clock_step";
    }
    return needs;
}

/// Plays the faults of a phase beside its load, and looks when all has caught up behind each.
class FaultPlayer {
  public:
    FaultPlayer(PhaseWork& work, const ClassLoad& load)
        : work_(work),
          load_(load),
          chaos_(work.clock()),
          stores_(work.site().rows()),
          began_us_(work.clock().steady_us()) {
        work.site().arm(chaos_);
        for (const PlannedFault& fault : work.phase().faults)
            running_.push_back({&fault, {fault.kind, fault.target, 0, {}, {}}});
    }
    ~FaultPlayer() { restore(); }
    FaultPlayer(const FaultPlayer&) = delete;
    FaultPlayer& operator=(const FaultPlayer&) = delete;

    /// Does what is due.
    void step() {
        for (Running& one : running_) {
            if (one.state == State::waiting && now_s() >= one.planned->at_s) begin(one);
            if (one.state == State::hurt && now_s() >= one.planned->at_s + one.planned->for_s)
                end(one);
            if (one.state == State::mended && has_recovered(one)) {
                one.fault.recovered = work_.clock().now_us();
                one.state = State::recovered;
                set_away(one, false);
            }
        }
    }

    [[nodiscard]] bool is_done() const {
        return std::all_of(running_.begin(), running_.end(), [](const Running& one) {
            return one.state == State::recovered || one.state == State::failed;
        });
    }

    /// Mends what is still broken.
    void restore() {
        for (Running& one : running_) {
            if (one.state == State::hurt) end(one);
            set_away(one, false);
        }
        for (const chaos::Deed& deed : chaos_.restore()) {
            if (!deed.done) complaints_.push_back(fmt::format("{}: {}", deed.target, deed.text));
        }
    }

    [[nodiscard]] std::vector<report::Fault> faults() const {
        std::vector<report::Fault> all;
        for (const Running& one : running_) {
            if (one.state != State::waiting) all.push_back(one.fault);
        }
        return all;
    }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

    /// The longest recovery in seconds; nullopt when one has not come. And what a person is told.
    [[nodiscard]] std::optional<double> recovery_s(Words& reason) const {
        double longest = 0;
        for (const Running& one : running_) {
            if (!one.fault.ended || !one.fault.recovered) {
                const Words kind = report::words_of(one.fault.kind);
                const Words target = report::words_of(one.fault.target);
                reason = {
                    fmt::format("{}の{}の後、最後まで追いつきませんでした", target.ja, kind.ja),
                    fmt::format("behind {} of {} not all had caught up at the end", one.fault.kind,
                                one.fault.target)};
                return std::nullopt;
            }
            longest = std::max(longest,
                               static_cast<double>(*one.fault.recovered - *one.fault.ended) / 1e6);
        }
        reason = {fmt::format("すべてが追いつくまで {:.1f} 秒かかりました", longest),
                  fmt::format("it took {:.1f} s until all had caught up", longest)};
        return longest;
    }

  private:
    enum class State { waiting, hurt, mended, recovered, failed };
    struct Running {
        const PlannedFault* planned;
        report::Fault fault;
        State state = State::waiting;
        std::uint64_t durable = 0;   ///< When it was mended.
        std::uint64_t promised = 0;  ///< Likewise.
        std::int64_t looked_us = 0;
        bool away = false;  ///< The server need not be well, because of this.
    };

    [[nodiscard]] double now_s() const {
        return static_cast<double>(work_.clock().steady_us() - began_us_) / 1e6;
    }

    /// Until it has recovered: how long that may take has a limit of its own.
    void set_away(Running& one, bool away) {
        if (std::exchange(one.away, away) != away) work_.site().expect_away(away);
    }

    void begin(Running& one) {
        if (takes_server_away(*one.planned)) set_away(one, true);
        one.fault.began = work_.clock().now_us();
        one.state = State::hurt;
        const chaos::Deed deed = chaos_.act(one.planned->begin());
        if (!deed.done) fail_with(one, deed);
    }

    void end(Running& one) {
        // How long it lasts, and from when recovery counts: a process that is started again has
        // its start in that.
        const TimeUs ended = work_.clock().now_us();
        one.promised = load_.promised();
        const chaos::Deed deed = chaos_.act(one.planned->end());
        if (!deed.done) return fail_with(one, deed);
        one.fault.ended = ended;
        one.durable = work_.site().durable_sequence().value_or(0);
        one.state = State::mended;
    }

    void fail_with(Running& one, const chaos::Deed& deed) {
        complaints_.push_back(
            fmt::format("{} of {}: {}", one.fault.kind, one.fault.target, deed.text));
        set_away(one, false);
        one.state = State::failed;
    }

    /// Events are promised again, and each store holds what was durable when the fault ended.
    bool has_recovered(Running& one) {
        constexpr std::int64_t kLookUs = 100'000;
        const std::int64_t now_us = work_.clock().steady_us();
        if (now_us < one.looked_us + kLookUs) return false;
        one.looked_us = now_us;
        if (load_.promised() <= one.promised && !load_.is_over()) return false;
        return std::all_of(stores_.begin(), stores_.end(), [&](const auto& store) {
            return store->position().value_or(0) >= one.durable;
        });
    }

    PhaseWork& work_;
    const ClassLoad& load_;
    chaos::Chaos chaos_;
    const std::vector<std::unique_ptr<RowStore>> stores_;
    const std::int64_t began_us_;
    std::vector<Running> running_;
    std::vector<std::string> complaints_;
};

/// Behind the load, until all has caught up or its limit is long over.
void wait_for_recovery(PhaseWork& work, FaultPlayer& player) {
    constexpr std::chrono::milliseconds kLook{50};
    const double patience_s = work.phase().limits.at("recovery_time") + 5;
    const std::int64_t until_us =
        work.clock().steady_us() + static_cast<std::int64_t>(patience_s * 1e6);
    while (!player.is_done() && work.clock().steady_us() < until_us && !work.stopped()) {
        work.note_stop();
        player.step();
        work.parts().progress(1, "waits until all has caught up");
        std::this_thread::sleep_for(kLook);
    }
}

}  // namespace

Result<void> play_faults(PhaseWork& work) {
    const Phase& phase = work.phase();
    const Needs needs = needs_of(phase);
    for (const PlannedFault& fault : phase.faults) {
        if (const auto why = work.site().lacks(fault.target)) return work.skip(*why);
    }
    if (const auto why = work.site().cannot_give(needs)) return work.skip(*why);
    CELLMON_TRY(work.site().prepare(needs));
    CELLMON_TRY(work.begin());
    work.record();
    CELLMON_TRY_ASSIGN(auto rounds,
                       rounds_of_seconds(phase.whole("students"), phase.value("seconds"),
                                         phase.value("events_per_student_s"), work.seed()));
    CELLMON_TRY_ASSIGN(auto load, work.load(std::move(rounds)));
    LoadResult result;
    {
        FaultPlayer player(work, *load);
        result = work.wait_for(*load, [&] { player.step(); });
        wait_for_recovery(work, player);
        player.restore();
        work.written().faults = player.faults();
        if (!player.complaints().empty()) {
            const std::string all = fmt::format("{}", fmt::join(player.complaints(), "; "));
            work.fail_with({"障害を起こせないか、元に戻せませんでした：" + all, all});
        }
        if (work.stopped()) return {};
        Words reason;
        const auto recovery = player.recovery_s(reason);
        work.judge("recovery_time", recovery, reason);
    }
    const bool away = std::any_of(phase.faults.begin(), phase.faults.end(), takes_server_away);
    const bool slow = std::any_of(phase.faults.begin(), phase.faults.end(), [](const auto& fault) {
        return fault.target == "server" && needs_gate(fault);
    });
    CELLMON_TRY(result.state);
    // Who finds nobody, or a network that keeps requests back, has to wait: no server can shorten
    // that. What was answered is judged from its sending.
    if (away || slow) {
        work.leave_out("error_rate",
                       {"障害がサーバー自身かそのネットワークに及ぶため、応答がないのは当然です",
                        "the faults hit the server itself or its network, where nobody can have an "
                        "answer"});
    } else {
        work.judge_errors(result);
    }
    work.judge_latency(result, away || slow);
    if (!needs.small_disk) {
        auto& all = work.parts().ledgers_of_main_place;
        all.insert(all.end(), result.ledgers.begin(), result.ledgers.end());
    }
    work.note_load(result);
    return work.judge_promises(result.ledgers);
}

}  // namespace cellmon::harness::plan
