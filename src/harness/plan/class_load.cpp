#include "harness/plan/class_load.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "base/thread.hpp"

namespace cellmon::harness::plan {
namespace {

constexpr std::size_t kMostConnections = 1'000;
/// The last clients flush up to so long behind the last event.
constexpr double kTail_s = 1.2;
/// So much faster than asked for, so that what is asked for is reached.
constexpr double kMargin = 1.05;
constexpr std::int64_t kMostMinutes = 240;  ///< Of one round.

std::uint64_t events_of(const ClassPlan& plan) {
    Classroom classroom(plan);
    std::uint64_t events = 0;
    while (classroom.next())
        ++events;
    return events;
}

double thread_cpu_s() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double ms(std::int64_t us) {
    return static_cast<double>(us) / 1e3;
}

/// All but latencies and lag, which are noted second by second.
void add_to(Figures& all, const Figures& round) {
    all.offered += round.offered;
    all.sent += round.sent;
    all.acked += round.acked;
    all.duplicates += round.duplicates;
    all.refused += round.refused;
    all.unknown += round.unknown;
    all.posts += round.posts;
    all.unavailable += round.unavailable;
    all.unanswered += round.unanswered;
    all.seconds += round.seconds;
    all.service.merge(round.service);
}

/// How long a class of so many events takes at this rate; never longer than in life.
double seconds_of(const ClassPlan& plan, std::uint64_t events, double events_per_student_s) {
    const double wanted_s =
        static_cast<double>(events) / (plan.students * events_per_student_s) / kMargin;
    return std::min(static_cast<double>(plan.minutes) * 60,
                    std::max(wanted_s - kTail_s, wanted_s / 2));
}

}  // namespace

Result<Round> round_of_minutes(std::uint32_t students, std::int64_t minutes,
                               double events_per_student_s, std::uint64_t seed) {
    Round round;
    round.plan.students = students;
    round.plan.minutes = minutes;
    round.plan.seed = seed;
    round.events_per_student_s = events_per_student_s;
    CELLMON_TRY(round.plan.check());
    const std::uint64_t events = events_of(round.plan);
    if (events == 0) return fail(ErrorCode::invalid, "a class so short has no events");
    round.seconds = seconds_of(round.plan, events, events_per_student_s);
    return round;
}

Result<std::vector<Round>> rounds_of_seconds(std::uint32_t students, double seconds,
                                             double events_per_student_s, std::uint64_t seed) {
    // How many events a class of this size makes in a minute, first by a short one.
    constexpr std::int64_t kSample = 20;
    CELLMON_TRY_ASSIGN(const Round sample,
                       round_of_minutes(students, kSample, events_per_student_s, seed));
    double left_s = seconds;
    double minutes_a_s = static_cast<double>(kSample) / sample.seconds;
    std::vector<Round> rounds;
    while (left_s > 0 && rounds.size() < 10'000) {
        const auto minutes = std::clamp<std::int64_t>(
            static_cast<std::int64_t>(std::ceil(left_s * minutes_a_s)), 1, kMostMinutes);
        CELLMON_TRY_ASSIGN(Round round, round_of_minutes(students, minutes, events_per_student_s,
                                                         seed + rounds.size()));
        minutes_a_s = static_cast<double>(minutes) / round.seconds;
        // What is asked for is the time; the last round ends with it.
        if (round.seconds > left_s) {
            round.plan.minutes = std::max<std::int64_t>(
                1, static_cast<std::int64_t>(std::round(left_s * minutes_a_s)));
            round.seconds = static_cast<double>(round.plan.minutes) / minutes_a_s;
        }
        left_s -= round.seconds;
        // A rest that no class is short enough for.
        if (left_s < 1) left_s = 0;
        rounds.push_back(std::move(round));
    }
    return rounds;
}

std::optional<double> LoadResult::error_percent() const {
    if (figures->posts == 0) return std::nullopt;
    return 100 * static_cast<double>(figures->unavailable + figures->unanswered) /
           static_cast<double>(figures->posts);
}

void LoadResult::merge(LoadResult later) {
    add_to(*figures, *later.figures);
    figures->latency.merge(later.figures->latency);
    figures->lag.merge(later.figures->lag);
    cpu_share = std::max(cpu_share, later.cpu_share);
    seconds.insert(seconds.end(), later.seconds.begin(), later.seconds.end());
    ledgers.insert(ledgers.end(), later.ledgers.begin(), later.ledgers.end());
    if (state) state = std::move(later.state);
}

ClassLoad::ClassLoad(const Endpoint& server, std::vector<Round> rounds, std::string ledger_prefix,
                     const Clock& clock, EventRoute route)
    : server_(server),
      rounds_(std::move(rounds)),
      prefix_(std::move(ledger_prefix)),
      clock_(clock),
      route_(std::move(route)),
      thread_([this] {
          set_thread_name("load");
          run();
      }) {}

ClassLoad::~ClassLoad() {
    stop();
    if (thread_.joinable()) thread_.join();
}

LoadResult ClassLoad::finish() {
    if (thread_.joinable()) thread_.join();
    return std::move(result_);
}

void ClassLoad::run() {
    for (std::size_t i = 0; i < rounds_.size() && !stop_ && result_.state; ++i) {
        result_.ledgers.push_back(fmt::format("{}-{}.ndjson", prefix_, i + 1));
        result_.state = play(rounds_[i], result_.ledgers.back());
    }
    const double seconds = result_.figures->seconds;
    result_.cpu_share = seconds > 0 ? cpu_s_ / seconds : 0;
    over_ = true;
}

Result<void> ClassLoad::play(const Round& round, const std::string& ledger_path) {
    ClassPlan plan = round.plan;
    // All of it lies in the past, so that a class which is sped up does not play in the future.
    const std::int64_t class_us = plan.minutes * kMinuteUs;
    plan.start_us = clock_.now_us() - class_us;
    plan.start_us -= plan.start_us % 1'000;
    ClassRunOptions options;
    options.speed = static_cast<double>(class_us) / 1e6 /
                    seconds_of(plan, events_of(plan), round.events_per_student_s);
    options.route = route_;
    const LedgerHeader header{plan.students, plan.minutes,    plan.seed,
                              plan.start_us, plan.class_code, false};
    CELLMON_TRY_ASSIGN(LedgerWriter ledger, LedgerWriter::create(ledger_path, header));
    CELLMON_TRY_ASSIGN(
        HttpPool pool,
        HttpPool::create(server_, std::min<std::size_t>(plan.students, kMostConnections), clock_,
                         HttpPool::kTimeoutUs, route_.path));
    Classroom classroom(plan);
    const auto figures = std::make_unique<Figures>();
    const std::uint64_t before = promised_;
    noted_offered_ = 0;
    noted_events_ = 0;
    noted_us_ = clock_.steady_us();
    const double cpu_before_s = thread_cpu_s();
    const auto played =
        run_class(classroom, std::move(pool), options,
                  {clock_, ledger, *figures, nullptr, [this] { return stop_.load(); },
                   [&](double fraction) {
                       fraction_ = fraction;
                       promised_ = before + figures->promised();
                       if (clock_.steady_us() - noted_us_ >= kSecondUs) note(*figures);
                   }});
    note(*figures);
    cpu_s_ += thread_cpu_s() - cpu_before_s;
    add_to(*result_.figures, *figures);
    return played;
}

/// The latencies since the last note go to those of the whole load.
void ClassLoad::note(Figures& figures) {
    const std::int64_t now_us = clock_.steady_us();
    const double passed_s = static_cast<double>(now_us - noted_us_) / 1e6;
    LoadSecond second;
    second.at = clock_.now_us();
    const auto rate = [&](std::uint64_t events) {
        return passed_s > 0 ? static_cast<double>(events) / passed_s : 0;
    };
    second.offered_per_s = rate(figures.offered - noted_offered_);
    second.events_per_s = rate(figures.promised() - noted_events_);
    if (figures.latency.count() > 0) {
        second.p50_ms = ms(figures.latency.quantile_us(0.5));
        second.p95_ms = ms(figures.latency.quantile_us(0.95));
        second.p99_ms = ms(figures.latency.quantile_us(0.99));
    }
    if (figures.lag.count() > 0) second.lag_ms = ms(figures.lag.quantile_us(0.99));
    result_.figures->latency.merge(figures.latency);
    result_.figures->lag.merge(figures.lag);
    figures.latency = Histogram{};
    figures.lag = Histogram{};
    result_.seconds.push_back(second);
    noted_offered_ = figures.offered;
    noted_events_ = figures.promised();
    noted_us_ = now_us;
}

}  // namespace cellmon::harness::plan
