// What students did offline comes in at once, and all of it a second time; each event has a result.

#include <deque>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/load/http_pool.hpp"
#include "harness/plan/phase_work.hpp"

namespace cellmon::harness::plan {
namespace {

using Better = report::Figure::Better;

/// What one student has kept.
struct Session {
    std::string body = "[";
    std::vector<Id128> ids;
    std::vector<EventContent> contents;
};

Result<std::vector<Session>> sessions_of(const ClassPlan& plan) {
    Classroom classroom(plan);
    ContentReader reader;
    std::vector<Session> sessions(plan.students);
    while (auto event = classroom.next()) {
        CELLMON_TRY_ASSIGN(auto item, reader.read(event->json));
        Session& session = sessions[event->student];
        if (!session.ids.empty()) session.body += ',';
        session.body += event->json;
        session.ids.push_back(event->id);
        session.contents.push_back(std::move(item.content));
    }
    for (Session& session : sessions)
        session.body += ']';
    return sessions;
}

/// How many of the results of an answer are, in order, those of the session's events.
std::size_t right_results(const Session& session, std::string_view body, std::string_view outcome,
                          std::vector<bool>& right) {
    simdjson::dom::parser parser;
    simdjson::dom::array results;
    right.assign(session.ids.size(), false);
    if (parser.parse(body.data(), body.size())["results"].get(results) != simdjson::SUCCESS)
        return 0;
    // A result more than there were events belongs to nobody.
    if (results.size() != session.ids.size()) return 0;
    std::size_t count = 0;
    std::size_t place = 0;
    for (const auto result : results) {
        std::uint64_t index = 0;
        std::string_view told;
        std::string_view id;
        right[place] = result["index"].get(index) == simdjson::SUCCESS && index == place &&
                       result["outcome"].get(told) == simdjson::SUCCESS && told == outcome &&
                       result["event_id"].get(id) == simdjson::SUCCESS &&
                       id == session.ids[place].to_string();
        count += right[place] ? 1 : 0;
        ++place;
    }
    return count;
}

/// Sends all sessions once; again what had no answer or 5xx.
class Sync {
  public:
    Sync(PhaseWork& work, std::vector<Session>& sessions, LedgerWriter& ledger)
        : work_(work), sessions_(sessions), ledger_(ledger) {}

    /// How many events had the result that they must have.
    Result<std::size_t> run(HttpPool& pool, std::string_view outcome, bool first) {
        std::deque<std::size_t> waiting;
        for (std::size_t i = 0; i < sessions_.size(); ++i)
            waiting.push_back(i);
        std::vector<unsigned> tries(sessions_.size(), 0);
        std::size_t right = 0;
        std::vector<Exchange> ended;
        while (!waiting.empty() || pool.busy_count() > 0) {
            for (std::size_t i = 0; i < pool.size() && !waiting.empty(); ++i) {
                if (!pool.idle(i)) continue;
                const std::size_t student = waiting.front();
                waiting.pop_front();
                if (first && tries[student] == 0) CELLMON_TRY(note_sent(student));
                ++tries[student];
                pool.send(i, student, sessions_[student].body);
            }
            ended.clear();
            constexpr std::int64_t kLookUs = 50'000;
            pool.poll(work_.clock().steady_us() + kLookUs, ended);
            for (Exchange& exchange : ended) {
                const auto student = static_cast<std::size_t>(exchange.token);
                constexpr unsigned kMostTries = 5;
                const bool again = !exchange.answered() || exchange.response.status >= 500;
                if (again && tries[student] < kMostTries) {
                    waiting.push_back(student);
                    continue;
                }
                CELLMON_TRY_ASSIGN(const std::size_t good,
                                   settle(student, exchange, outcome, first, tries[student]));
                right += good;
            }
            work_.note_stop();
            if (work_.stopped()) break;
            work_.parts().progress((first ? 0 : 0.5) + 0.5 -
                                       0.5 * static_cast<double>(waiting.size()) /
                                           static_cast<double>(sessions_.size()),
                                   first ? "syncs" : "syncs again");
        }
        return right;
    }

  private:
    Result<void> note_sent(std::size_t student) {
        const Session& session = sessions_[student];
        const std::int64_t now_us = work_.clock().now_us();
        for (std::size_t i = 0; i < session.ids.size(); ++i)
            ledger_.sent(session.ids[i], session.contents[i], now_us, now_us);
        return ledger_.flush();
    }

    Result<std::size_t> settle(std::size_t student, const Exchange& exchange,
                               std::string_view outcome, bool first, unsigned tries) {
        const Session& session = sessions_[student];
        std::vector<bool> right;
        if (!exchange.answered() || exchange.response.status != 200) return 0;
        std::size_t count = right_results(session, exchange.response.body, outcome, right);
        // What was sent again may have come in the first time.
        if (first && tries > 1 && count == 0)
            count = right_results(session, exchange.response.body, "duplicate", right);
        if (first) {
            const std::int64_t now_us = work_.clock().now_us();
            for (std::size_t i = 0; i < session.ids.size(); ++i)
                if (right[i]) ledger_.outcome(session.ids[i], now_us, Outcome::acked);
            CELLMON_TRY(ledger_.flush());
        }
        return count;
    }

    PhaseWork& work_;
    std::vector<Session>& sessions_;
    LedgerWriter& ledger_;
};

}  // namespace

Result<void> play_offline_sync(PhaseWork& work) {
    const Phase& phase = work.phase();
    CELLMON_TRY(work.site().prepare({}));
    CELLMON_TRY(work.begin());
    work.record();
    ClassPlan plan;
    plan.students = phase.whole("students");
    plan.minutes = phase.whole("minutes");
    plan.seed = work.seed();
    plan.start_us = work.clock().now_us() - plan.minutes * kMinuteUs;
    plan.start_us -= plan.start_us % 1'000;
    CELLMON_TRY(plan.check());
    CELLMON_TRY_ASSIGN(auto sessions, sessions_of(plan));
    std::size_t events = 0;
    for (const Session& session : sessions)
        events += session.ids.size();

    const std::string path = fmt::format("{}/{}-1.ndjson", work.parts().ledgers, phase.id);
    const LedgerHeader header{plan.students, plan.minutes,    plan.seed,
                              plan.start_us, plan.class_code, false};
    CELLMON_TRY_ASSIGN(LedgerWriter ledger, LedgerWriter::create(path, header));
    work.parts().ledgers_of_main_place.push_back(path);
    constexpr std::int64_t kTimeoutUs = 60'000'000;
    CELLMON_TRY_ASSIGN(HttpPool pool,
                       HttpPool::create(work.site().clients_go_to(), phase.whole("connections"),
                                        work.clock(), kTimeoutUs, "/api/v1/offline/bulk"));
    Sync sync(work, sessions, ledger);
    const std::int64_t began_us = work.clock().steady_us();
    CELLMON_TRY_ASSIGN(const std::size_t stored, sync.run(pool, "stored", true));
    const double seconds = static_cast<double>(work.clock().steady_us() - began_us) / 1e6;
    if (work.stopped()) return {};
    CELLMON_TRY_ASSIGN(const std::size_t again, sync.run(pool, "duplicate", false));
    if (work.stopped()) return {};
    const std::size_t worse = std::min(stored, again);
    work.judge(
        "events_synced",
        events > 0 ? std::optional(100 * static_cast<double>(worse) / static_cast<double>(events))
                   : std::nullopt,
        {fmt::format(
             "イベント {} 件のうち、保存済みと応答されたもの {} 件、再送時に重複と応答された"
             "もの {} 件でした",
             events, stored, again),
         fmt::format("of {} events {} were answered as stored, and {} as duplicates when they "
                     "came again",
                     events, stored, again)});
    work.figure("seconds", "s", seconds, Better::lower);
    work.figure("achieved_events_per_s", "events/s", static_cast<double>(events) / seconds,
                Better::higher);
    return work.judge_promises({path});
}

}  // namespace cellmon::harness::plan
