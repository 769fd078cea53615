// What all loads are judged by, of another server: by what it says to have kept.

#include <thread>

#include <fmt/format.h>

#include "harness/plan/phase_work.hpp"

namespace cellmon::harness::plan {
namespace {

/// Looks again while something is missing that may still come.
Result<peer::KeptVerdict> settled_verdict(PhaseWork& work, const Ledger& ledger,
                                          const peer::KeptBefore& before) {
    const peer::Peer& other = *work.site().peer();
    const auto patience_us = static_cast<std::int64_t>(other.profile().kept.settle_s * 1e6);
    const std::int64_t until_us = work.clock().steady_us() + patience_us;
    for (;;) {
        const std::int64_t looked_us = work.clock().steady_us();
        auto verdict = peer::check_kept(other, ledger, before, !other.profile().is_started());
        const std::int64_t now_us = work.clock().steady_us();
        work.note_stop();
        if ((verdict && verdict->lost.count == 0) || now_us >= until_us || work.stopped())
            return verdict;
        // No more than half of the time is its work for us.
        constexpr std::int64_t kLookUs = 100'000;
        std::this_thread::sleep_for(
            std::chrono::microseconds(std::max(kLookUs, now_us - looked_us)));
    }
}

}  // namespace

Result<void> PhaseWork::begin_with_peer() {
    CELLMON_TRY_ASSIGN(kept_before_, peer::KeptBefore::look(*site().peer()));
    if (!parts_.kept_before_all) parts_.kept_before_all = kept_before_;
    return {};
}

void PhaseWork::judge_found(const char* criterion, const peer::KeptVerdict::Finding& finding) {
    judge(criterion, static_cast<double>(finding.count), finding.reason);
}

Result<void> PhaseWork::judge_kept(const std::vector<std::string>& ledgers,
                                   const peer::KeptBefore& before) {
    if (stopped_) return {};
    CELLMON_TRY_ASSIGN(const Ledger ledger, merged(ledgers));
    std::uint64_t unanswered = 0;
    std::uint64_t refused = 0;
    for (const auto& [id, entry] : ledger.entries) {
        unanswered += entry.outcome == Outcome::unknown ? 1 : 0;
        refused += entry.outcome == Outcome::refused ? 1 : 0;
    }
    const auto found = settled_verdict(*this, ledger, before);
    if (stopped_) return {};
    if (!found) {
        for (const auto* const name : {"events_lost", "events_duplicated"}) {
            judge(name, std::nullopt,
                  {"サーバーが保存したものを読み取れません：" + found.error().message,
                   "what the server has kept could not be read: " + found.error().message});
        }
    } else {
        judge_found("events_lost", found->lost);
        judge_found("events_duplicated", found->doubled);
        if (found->wrong) {
            judge_found("events_wrong", *found->wrong);
        } else {
            leave_out("events_wrong", {"このサーバーは保存した内容を示しません",
                                       "the server does not tell what its events contain"});
        }
    }
    judge_found(
        "events_unanswered",
        {unanswered,
         {fmt::format("{} 件は何度送っても、どうなったかを示す応答がありません", unanswered),
          fmt::format("{} events had no answer that accepts or refuses them, though they "
                      "were sent again and again",
                      unanswered)}});
    judge_found("events_refused", {refused,
                                   {fmt::format("{} 件の正しいイベントが拒否されました", refused),
                                    fmt::format("{} good events were refused", refused)}});
    figure("events_sent", "", static_cast<double>(ledger.order.size()),
           report::Figure::Better::higher);
    return {};
}

}  // namespace cellmon::harness::plan
