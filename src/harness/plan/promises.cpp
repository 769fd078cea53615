#include "harness/plan/promises.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "harness/audit/audit.hpp"

namespace cellmon::harness::plan {
namespace {

/// Until each store holds the journal up to `sequence`, or the time is over.
void wait_for_stores(const std::vector<std::unique_ptr<RowStore>>& stores, std::uint64_t sequence,
                     std::int64_t wait_us, const Clock& clock) {
    constexpr std::chrono::milliseconds kLook{50};
    const std::int64_t until_us = clock.steady_us() + wait_us;
    for (const auto& store : stores) {
        while (store->position().value_or(0) < sequence && clock.steady_us() < until_us)
            std::this_thread::sleep_for(kLook);
    }
}

void append(Words& reasons, const Words& reason) {
    reasons.ja += (reasons.ja.empty() ? "" : "；") + reason.ja;
    reasons.en += (reasons.en.empty() ? "" : "; ") + reason.en;
}

/// What a person is told of one kind of fault.
struct FaultWords {
    Fault fault;
    const char* ja;  ///< Behind the store, before the count.
    const char* one;
    const char* many;
};
constexpr FaultWords kLostWords{Fault::lost, "にない、確約済みのイベント",
                                "promised event is missing", "promised events are missing"};
constexpr FaultWords kDoubledWords{Fault::doubled, "で重複しているイベント",
                                   "event stands more than once", "events stand more than once"};
constexpr std::array<FaultWords, 5> kWrongWords{{
    {Fault::wrong, "の内容が送信時と異なるイベント", "event has other content than was sent",
     "events have other content than was sent"},
    {Fault::phantom, "にある、送信していないイベント", "event was never sent",
     "events were never sent"},
    {Fault::refused, "に残っている、拒否されたはずのイベント", "refused event was kept",
     "refused events were kept"},
    {Fault::order, "で順序が正しくないイベント", "event is out of order",
     "events are out of order"},
    {Fault::differs, "の内容がジャーナルと一致しないイベント", "event is not what the journal says",
     "events are not what the journal says"},
}};

/// As a person calls it; PostgreSQL and others keep their names.
Words store_words(const std::string& name) {
    if (name == "journal") return {"ジャーナル", "the journal"};
    if (name == "export") return {"エクスポート", "the export"};
    return {name + " ", name};
}

/// Adds one store's findings of a kind up.
void take(const StoreCheck& check, const FaultWords& words, std::uint64_t& count, Words& reasons) {
    const std::uint64_t found = check.findings().count(words.fault);
    if (found == 0) return;
    count += found;
    std::string_view first = check.findings().samples(words.fault).front();
    if (first.starts_with(check.name() + " ")) first.remove_prefix(check.name().size() + 1);
    const Words store = store_words(check.name());
    append(reasons,
           {fmt::format("{}{}が {} 件あります（最初のもの：{}）", store.ja, words.ja, found, first),
            fmt::format("{} {} in {}, the first: {}", found, found == 1 ? words.one : words.many,
                        store.en, first)});
}

void take(const StoreCheck& check, Promises& promises) {
    take(check, kLostWords, promises.lost, promises.lost_reason);
    take(check, kDoubledWords, promises.doubled, promises.doubled_reason);
    for (const FaultWords& words : kWrongWords)
        take(check, words, promises.wrong, promises.wrong_reason);
}

std::string first_text(const Id128& id, const LedgerEntry& entry) {
    return fmt::format("{} ({} of {})", id.to_string(), entry.content.type, entry.content.email);
}

Promises told_by(const Ledger& ledger) {
    Promises promises;
    promises.sent = ledger.order.size();
    std::string first_unanswered;
    std::string first_refused;
    for (const Id128& id : ledger.order) {
        const LedgerEntry& entry = ledger.entries.at(id);
        switch (entry.outcome) {
            case Outcome::unknown:
                if (promises.unanswered++ == 0) first_unanswered = first_text(id, entry);
                break;
            case Outcome::refused:
                if (promises.refused++ == 0) first_refused = first_text(id, entry);
                break;
            case Outcome::acked:
            case Outcome::duplicate:
                ++promises.promised;
                break;
        }
    }
    promises.unanswered_reason = {
        fmt::format("何度送っても結果の応答がなかったイベントが {} 件あります（最初のもの：{}）",
                    promises.unanswered, first_unanswered),
        fmt::format("{} {} no answer that says what became of it, though sent again and again, the "
                    "first: {}",
                    promises.unanswered, promises.unanswered == 1 ? "event had" : "events had",
                    first_unanswered)};
    promises.refused_reason = {
        fmt::format("正しいのに拒否（4xx）されたイベントが {} 件あります（最初のもの：{}）",
                    promises.refused, first_refused),
        fmt::format("{} good {} answered with a refusal or a 4xx, the first: {}", promises.refused,
                    promises.refused == 1 ? "event was" : "events were", first_refused)};
    return promises;
}

}  // namespace

Words words_of_late(std::string_view store, std::uint64_t position, std::uint64_t through,
                    std::int64_t waited_us) {
    if (position >= through) return {};
    const double waited_s = static_cast<double>(waited_us) / 1e6;
    return {fmt::format("{} は {:g} 秒待ってもシーケンス {} / {} までしか追いついていません", store,
                        waited_s, position, through),
            fmt::format("{} had come only to sequence {} of {} when it had been waited for {:g} s",
                        store, position, through, waited_s)};
}

Result<Ledger> merged(const std::vector<std::string>& paths) {
    Ledger all;
    for (const std::string& path : paths) {
        CELLMON_TRY_ASSIGN(Ledger one, Ledger::read(path));
        all.header = one.header;
        all.entries.merge(one.entries);
        all.order.insert(all.order.end(), one.order.begin(), one.order.end());
    }
    return all;
}

Result<Promises> check_promises(const Site& site, const PromiseScope& scope, const Clock& clock) {
    CELLMON_TRY_ASSIGN(const Ledger ledger, merged(scope.ledgers));
    Promises promises = told_by(ledger);
    const auto stores = site.rows();
    // What comes in from here on is nobody's fault: the stores are looked at as far as the journal
    // was.
    std::uint64_t through = 0;
    std::optional<StoreCheck> journal;
    if (!site.journal().empty()) {
        JournalSummary summary;
        CELLMON_TRY_ASSIGN(
            StoreCheck check,
            check_journal(site.journal(), ledger, scope.others_allowed, summary, scope.after));
        through = summary.last_sequence;
        take(journal.emplace(std::move(check)), promises);
    } else {
        CELLMON_TRY_ASSIGN(through, site.durable_sequence());
        AuditOptions options;
        options.others_allowed = true;
        options.wait_us = scope.wait_us;
        CELLMON_TRY_ASSIGN(const AuditReport report,
                           audit_server(site.server(), ledger, options, clock));
        for (const StoreCheck& check : report.stores)
            take(check, promises);
    }
    wait_for_stores(stores, through, scope.wait_us, clock);
    for (const auto& store : stores) {
        const Words late =
            words_of_late(store->name(), store->position().value_or(0), through, scope.wait_us);
        StoreCheck check(std::string(store->name()), ledger, scope.others_allowed);
        if (journal) check.behind(*journal);
        CELLMON_TRY(store->visit(
            scope.after, through,
            [&](const StoredRow& row, const EventContent* content) { check.event(row, content); }));
        check.finish();
        if (journal) compare_stores(*journal, check);
        take(check, promises);
        if (check.findings().count(Fault::lost) > 0 && !late.en.empty())
            append(promises.lost_reason, late);
    }
    return promises;
}

}  // namespace cellmon::harness::plan
