#include "harness/plan/phase_work.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "harness/plan/phase_verdict.hpp"

namespace cellmon::harness::plan {
namespace {

using Better = report::Figure::Better;

double milliseconds(std::int64_t us) {
    return static_cast<double>(us) / 1e3;
}

}  // namespace

PhaseWork::PhaseWork(RunParts& parts, const Phase& phase) : parts_(parts), phase_(phase) {
    report_.id = phase.id;
    report_.name = phase.name;
    report_.name_ja = phase.name_ja;
    report_.began = parts.clock.now_us();
}

std::uint64_t PhaseWork::seed() const {
    // Each phase another class, and the same one for the same seed.
    std::uint64_t hash = parts_.seed;
    for (const char c : phase_.id)
        hash = hash * 31 + static_cast<unsigned char>(c);
    return hash % 0xFFFFFFFFU;
}

report::Criterion PhaseWork::criterion_named(std::string_view name) const {
    const CriterionInfo* const info = phase_.kind->criterion(name);
    CELLMON_ASSERT(info != nullptr);
    report::Criterion criterion;
    criterion.name = name;
    criterion.unit = info->unit;
    criterion.limit = limit_text(*info, phase_.limits.at(criterion.name));
    return criterion;
}

void PhaseWork::judge(std::string_view name, std::optional<double> measured, const Words& reason) {
    report::Criterion criterion = criterion_named(name);
    criterion.measured = measured;
    criterion.held = measured.has_value() && holds(*phase_.kind->criterion(name),
                                                   phase_.limits.at(criterion.name), *measured);
    if (!criterion.held) {
        criterion.reason = reason.en;
        criterion.reason_ja = reason.ja;
    }
    report_.criteria.push_back(std::move(criterion));
}

void PhaseWork::leave_out(std::string_view name, const Words& reason) {
    report::Criterion criterion = criterion_named(name);
    criterion.applies = false;
    criterion.reason = reason.en;
    criterion.reason_ja = reason.ja;
    report_.criteria.push_back(std::move(criterion));
}

void PhaseWork::figure(std::string name, std::string unit, double value, Better better) {
    report_.figures.push_back({std::move(name), std::move(unit), value, better});
}

Result<void> PhaseWork::skip(const Words& reason) {
    report_.verdict = report::Verdict::not_applicable;
    report_.reason = reason.en;
    report_.reason_ja = reason.ja;
    return {};
}

void PhaseWork::fail_with(const Words& reason) {
    report_.reason = reason.en;
    report_.reason_ja = reason.ja;
}

Result<void> PhaseWork::begin() {
    if (site().peer() != nullptr) return begin_with_peer();
    CELLMON_TRY_ASSIGN(after_, site().durable_sequence());
    return {};
}

Recorder& PhaseWork::record() {
    constexpr std::chrono::milliseconds kInterval{1'000};
    constexpr std::chrono::milliseconds kQuickInterval{500};
    recorder_ = std::make_unique<Recorder>(
        site(), phase_.id, parts_.quick ? kQuickInterval : kInterval, parts_.samples, clock());
    return *recorder_;
}

Result<std::unique_ptr<ClassLoad>> PhaseWork::load(std::vector<Round> rounds) {
    const std::string prefix = loads_ == 0
                                   ? fmt::format("{}/{}", parts_.ledgers, phase_.id)
                                   : fmt::format("{}/{}-{}", parts_.ledgers, phase_.id, loads_ + 1);
    ++loads_;
    return std::make_unique<ClassLoad>(site().clients_go_to(), std::move(rounds), prefix, clock(),
                                       site().event_route());
}

LoadResult PhaseWork::wait_for(ClassLoad& load, const std::function<void()>& meanwhile) {
    constexpr std::chrono::milliseconds kLook{50};
    while (!load.is_over()) {
        note_stop();
        if (stopped_) load.stop();
        meanwhile();
        parts_.progress(load.fraction(), fmt::format("{} events", load.promised()));
        std::this_thread::sleep_for(kLook);
    }
    return load.finish();
}

Result<void> PhaseWork::judge_promises(const std::vector<std::string>& ledgers) {
    if (site().peer() != nullptr) return judge_kept(ledgers, kept_before_);
    PromiseScope scope;
    scope.ledgers = ledgers;
    scope.after = after_;
    scope.others_allowed = !site().owns_server();
    return judge_scope(scope);
}

Result<void> PhaseWork::judge_all_promises() {
    if (site().peer() != nullptr)
        return judge_kept(parts_.ledgers_of_main_place, *parts_.kept_before_all);
    PromiseScope scope;
    scope.ledgers = parts_.ledgers_of_main_place;
    // What nobody sent was looked for phase by phase; one that ended early has kept no ledger.
    scope.others_allowed = true;
    return judge_scope(scope);
}

Result<void> PhaseWork::judge_scope(const PromiseScope& scope) {
    if (stopped_) return {};
    const auto found = check_promises(site(), scope, clock());
    if (!found) {
        for (const auto* const name : {"events_lost", "events_duplicated", "events_wrong",
                                       "events_unanswered", "events_refused"}) {
            judge(name, std::nullopt,
                  {"保存内容を読めませんでした：" + found.error().message,
                   "what is stored could not be read: " + found.error().message});
        }
        return {};
    }
    const auto count = [](std::uint64_t number) { return static_cast<double>(number); };
    judge("events_lost", count(found->lost), found->lost_reason);
    judge("events_duplicated", count(found->doubled), found->doubled_reason);
    judge("events_wrong", count(found->wrong), found->wrong_reason);
    judge("events_unanswered", count(found->unanswered), found->unanswered_reason);
    judge("events_refused", count(found->refused), found->refused_reason);
    figure("events_sent", "", count(found->sent), Better::higher);
    return {};
}

void PhaseWork::judge_latency(const LoadResult& result, bool service_time) {
    const Histogram& histogram = service_time ? result.figures->service : result.figures->latency;
    if (histogram.count() == 0) {
        judge("latency_p95", std::nullopt,
              {"応答のあったリクエストがありません", "no request was answered"});
        return;
    }
    const double p95 = milliseconds(histogram.quantile_us(0.95));
    judge("latency_p95", p95,
          {fmt::format("リクエストの 5 % が応答まで {:.0f} ms より長くかかりました", p95),
           fmt::format("5 % of the requests waited longer than {:.0f} ms for their answer", p95)});
}

void PhaseWork::judge_errors(const LoadResult& result) {
    const Figures& figures = *result.figures;
    judge("error_rate", result.error_percent(),
          {fmt::format("リクエスト {} 件のうち {} 件が 5xx、{} 件が応答なしでした", figures.posts,
                       figures.unavailable, figures.unanswered),
           fmt::format("of {} requests {} were answered with 5xx and {} had no answer",
                       figures.posts, figures.unavailable, figures.unanswered)});
}

void PhaseWork::note_load(const LoadResult& result) {
    const Figures& figures = *result.figures;
    if (figures.seconds > 0) {
        figure("offered_events_per_s", "events/s",
               static_cast<double>(figures.offered) / figures.seconds, Better::neither);
    }
    figure("achieved_events_per_s", "events/s", figures.events_per_second(), Better::higher);
    if (figures.latency.count() > 0) {
        figure("latency_p50_ms", "ms", milliseconds(figures.latency.quantile_us(0.5)),
               Better::lower);
        figure("latency_p99_ms", "ms", milliseconds(figures.latency.quantile_us(0.99)),
               Better::lower);
        figure("latency_max_ms", "ms", milliseconds(figures.latency.max_us()), Better::lower);
    }
    const double lag_ms = milliseconds(figures.lag.quantile_us(0.99));
    figure("generator_lag_ms", "ms", lag_ms, Better::neither);
    figure("generator_cpu_percent", "%", 100 * result.cpu_share, Better::neither);
    auto series = series_of(result.seconds);
    report_.series.insert(report_.series.end(), series.begin(), series.end());
    for (const LoadSecond& second : result.seconds) {
        const auto number = [](const std::optional<double>& value) {
            return value ? fmt::format("{:.3f}", *value) : std::string("null");
        };
        parts_.samples.add(
            phase_.id, "load",
            fmt::format("{{\"at\":\"{}\",\"offered_events_per_s\":{:.1f},\"events_per_s\":{:.1f},"
                        "\"latency_p50_ms\":{},\"latency_p95_ms\":{},\"latency_p99_ms\":{}}}",
                        format_time(second.at), second.offered_per_s, second.events_per_s,
                        number(second.p50_ms), number(second.p95_ms), number(second.p99_ms)));
    }
    const GeneratorLimits& limits = parts_.plan.generator;
    if (lag_ms > limits.lag_ms) {
        doubts_.push_back(
            {fmt::format("負荷生成側がリクエストの 1 % に {:.1f} ms 以上遅れました（上限 {:g} ms）",
                         lag_ms, limits.lag_ms),
             fmt::format("the generator turned to 1 % of the requests {:.1f} ms late "
                         "or later; {:g} ms are allowed",
                         lag_ms, limits.lag_ms)});
    }
    if (100 * result.cpu_share > limits.cpu_percent) {
        const double percent = 100 * result.cpu_share;
        doubts_.push_back({fmt::format("負荷生成側が 1 コアの {:.0f} % を使いました（上限 {:g} %）",
                                       percent, limits.cpu_percent),
                           fmt::format("the generator used {:.0f} % of a core; {:g} % are allowed",
                                       percent, limits.cpu_percent)});
    }
}

report::PhaseReport PhaseWork::end() {
    if (recorder_) {
        auto series = recorder_->finish();
        report_.series.insert(report_.series.end(), series.begin(), series.end());
        recorder_.reset();
    }
    report_.ended = clock().now_us();
    // What came to no end has not held.
    const bool played = report_.verdict != report::Verdict::not_applicable && !stopped_;
    for (const CriterionInfo& info : phase_.kind->criteria) {
        const auto has_name = [&](const report::Criterion& one) { return one.name == info.name; };
        if (!played || std::any_of(report_.criteria.begin(), report_.criteria.end(), has_name))
            continue;
        judge(info.name, std::nullopt,
              {"このフェーズは判定まで進みませんでした", "the phase did not come to judge it"});
    }
    settle(report_, {doubts_, stopped_});
    return std::move(report_);
}

Words unseen_classroom() {
    return {"授業の行をここから読めません。サーバーの PostgreSQL を --postgres で指定してください",
            "the rows of classes cannot be read from here: name the server's PostgreSQL with "
            "--postgres"};
}

PlayPhase player_of(std::string_view kind) {
    struct Player {
        std::string_view kind;
        PlayPhase play;
    };
    constexpr std::array<Player, 11> kPlayers{{{"offline_sync", play_offline_sync},
                                               {"lms", play_lms},
                                               {"broadcast", play_broadcast},
                                               {"phased_load", play_phased_load},
                                               {"resources", play_resources},
                                               {"cross_store", play_cross_store},
                                               {"transactions", play_transactions},
                                               {"faults", play_faults},
                                               {"soak", play_soak},
                                               {"availability", play_availability},
                                               {"backup", play_backup}}};
    const auto* const found = std::find_if(kPlayers.begin(), kPlayers.end(),
                                           [&](const Player& one) { return one.kind == kind; });
    CELLMON_ASSERT(found != kPlayers.end());
    return found->play;
}

}  // namespace cellmon::harness::plan
