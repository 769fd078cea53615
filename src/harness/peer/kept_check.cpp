#include "harness/peer/kept_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/audit/auditor.hpp"

namespace cellmon::harness::peer {
namespace {

using Finding = KeptVerdict::Finding;

/// How many of a ledger were promised, and how many have no answer that tells.
struct Told {
    std::uint64_t promised = 0;
    std::uint64_t unanswered = 0;
};

Told told_in(const Ledger& ledger) {
    Told told;
    for (const auto& [id, entry] : ledger.entries) {
        if (entry.outcome == Outcome::acked || entry.outcome == Outcome::duplicate)
            ++told.promised;
        else if (entry.outcome == Outcome::unknown)
            ++told.unanswered;
    }
    return told;
}

KeptVerdict by_number(std::uint64_t before, std::uint64_t now, const Told& told) {
    KeptVerdict verdict;
    // What came to nothing before may have been counted away meanwhile.
    const std::uint64_t more = now - std::min(before, now);
    const std::uint64_t gone = before - std::min(before, now);
    const std::uint64_t expected = told.promised + gone;
    if (more < expected) {
        verdict.lost.count = expected - more;
        verdict.lost.reason = {
            fmt::format(
                "{} 件を受理しましたが、保存件数は {} から {} になりました（件数だけで判断）",
                told.promised, before, now),
            fmt::format("it accepted {} events, and the number of those kept went from {} to {} "
                        "(told by the number alone)",
                        told.promised, before, now)};
    }
    const std::uint64_t most = told.promised + told.unanswered;
    if (more > most) {
        verdict.doubled.count = more - most;
        verdict.doubled.reason = {
            fmt::format(
                "受理は最大 {} 件ですが、保存件数は {} から {} になりました（件数だけで判断）",
                most, before, now),
            fmt::format("it can have accepted {} events at most, and the number of those kept went "
                        "from {} to {} (told by the number alone)",
                        most, before, now)};
    }
    return verdict;
}

void add(Finding& finding, const harness::Findings& found, Fault fault, const char* ja,
         const char* en) {
    const std::uint64_t count = found.count(fault);
    if (count == 0) return;
    finding.count += count;
    const std::string& first = found.samples(fault).front();
    const bool is_first = finding.reason.en.empty();
    finding.reason.ja +=
        fmt::format("{}{}：{} 件、最初は {}", is_first ? "" : "；", ja, count, first);
    finding.reason.en +=
        fmt::format("{}{} {}, the first: {}", is_first ? "" : "; ", count, en, first);
}

}  // namespace

Result<KeptBefore> KeptBefore::look(const Peer& peer) {
    KeptBefore before;
    CELLMON_TRY_ASSIGN(before.count, peer.kept([&](const Id128& id, const EventContent*) {
        before.ids.insert(id);
    }));
    return before;
}

Result<KeptVerdict> check_kept(const Peer& peer, const Ledger& ledger, const KeptBefore& before,
                               bool others_allowed) {
    const KeptWay::What what = peer.profile().kept.what;
    StoreCheck check(peer.profile().name, ledger, others_allowed);
    std::uint64_t place = 0;
    CELLMON_TRY_ASSIGN(const std::uint64_t count,
                       peer.kept([&](const Id128& id, const EventContent* content) {
                           ++place;
                           // Of another phase, which is judged by itself.
                           if (before.ids.contains(id) && !ledger.entries.contains(id)) return;
                           StoredRow row;
                           row.sequence = place;
                           row.id = id;
                           check.event(row, content);
                       }));
    if (what == KeptWay::What::number) return by_number(before.count, count, told_in(ledger));
    check.finish();
    const Findings& found = check.findings();
    KeptVerdict verdict;
    add(verdict.lost, found, Fault::lost, "受理されたのに保存されていないイベント",
        "accepted events are missing");
    add(verdict.doubled, found, Fault::doubled, "2 回以上保存されたイベント",
        "events stand more than once");
    Finding wrong;
    add(wrong, found, Fault::wrong, "送った内容と違うイベント",
        "events have other content than was sent");
    add(wrong, found, Fault::phantom, "誰も送っていないイベント", "events were never sent");
    // By its id alone nobody sees whether it is the one that was refused, or an earlier one.
    if (what == KeptWay::What::events)
        add(wrong, found, Fault::refused, "拒否したのに保存されたイベント",
            "refused events were kept");
    if (what == KeptWay::What::events || wrong.count > 0) verdict.wrong = std::move(wrong);
    return verdict;
}

}  // namespace cellmon::harness::peer
