// Changes of the class reach every connection of the live socket, in order.

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/random.hpp"
#include "base/thread.hpp"
#include "harness/load/poster.hpp"
#include "harness/plan/phase_work.hpp"
#include "harness/sockets/socket_run.hpp"

namespace cellmon::harness::plan {
namespace {

using Better = report::Figure::Better;

// Longer than the pause that the server makes between two broadcasts in this phase, so that a quick
// machine does not tell of two changes in one.
constexpr std::int64_t kBetweenEventsUs = 1'500;

/// The connections, on a thread of their own.
class Listeners {
  public:
    Listeners(SocketTarget target, const SocketOptions& options, const Clock& clock)
        : target_(std::move(target)), options_(options), clock_(clock), thread_([this] {
              set_thread_name("sockets");
              SystemRandom random;
              result_ = run_sockets(target_, options_,
                                    {clock_, random, [this] { return stop_.load(); },
                                     [this](const SocketProgress& progress) {
                                         open_ = progress.open;
                                         messages_ = progress.messages;
                                     }});
              over_ = true;
          }) {}
    ~Listeners() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;

    void stop() { stop_ = true; }
    [[nodiscard]] bool is_over() const { return over_; }
    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    /// All are open and have got their snapshot.
    [[nodiscard]] bool are_ready() const {
        return open_ == options_.clients && messages_ >= options_.clients;
    }
    Result<std::unique_ptr<SocketFigures>> finish() {
        thread_.join();
        return std::move(result_);
    }

  private:
    const SocketTarget target_;
    const SocketOptions options_;
    const Clock& clock_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> over_ = false;
    std::atomic<std::uint64_t> open_ = 0;
    std::atomic<std::uint64_t> messages_ = 0;
    Result<std::unique_ptr<SocketFigures>> result_;
    std::thread thread_;
};

/// Sends events one by one, the next when the last is promised, so that each is a change by itself.
class Sender {
  public:
    static Result<std::unique_ptr<Sender>> create(PhaseWork& work, const std::string& ledger_path) {
        ClassPlan plan;
        plan.minutes = 5;
        plan.seed = work.seed();
        plan.start_us = work.clock().now_us();
        plan.start_us -= plan.start_us % 1'000;
        const LedgerHeader header{plan.students, plan.minutes,    plan.seed,
                                  plan.start_us, plan.class_code, true};
        CELLMON_TRY_ASSIGN(auto ledger, LedgerWriter::create(ledger_path, header));
        CELLMON_TRY_ASSIGN(auto pool,
                           HttpPool::create(work.site().clients_go_to(), 1, work.clock()));
        return std::unique_ptr<Sender>(
            new Sender(plan, std::move(ledger), std::move(pool), work.clock()));
    }

    Result<void> send(std::uint64_t number) {
        Post post;
        post.intended_us = clock_.steady_us();
        const std::string json = event_json(number);
        CELLMON_TRY_ASSIGN(auto item, reader_.read(json));
        post.body = "[" + json + "]";
        auto& event = post.events.emplace_back();
        event.id = item.id;
        event.content = std::move(item.content);
        poster_.submit(std::move(post));
        constexpr std::int64_t kStepUs = 100'000;
        constexpr int kMostSteps = 300;
        for (int i = 0; i < kMostSteps && poster_.outstanding() > 0; ++i) {
            settled_.clear();
            CELLMON_TRY(poster_.step(clock_.steady_us() + kStepUs, settled_));
        }
        return {};
    }

  private:
    Sender(const ClassPlan& plan, LedgerWriter ledger, HttpPool pool, const Clock& clock)
        : clock_(clock),
          random_(plan.seed ^ static_cast<std::uint64_t>(plan.start_us)),
          ledger_(std::move(ledger)),
          poster_(std::move(pool), ledger_, *figures_, clock) {}

    /// Runs of cells alone: each changes what the class shows of its student, so that the last one
    /// is told like all others.
    std::string event_json(std::uint64_t number) {
        constexpr std::uint64_t kShownStudents = 100;
        TimeUs now = clock_.now_us();
        now -= now % 1'000;
        return fmt::format(
            R"({{"eventId":"{}","eventType":"cell_executed","eventTime":"{}","emailAddress":)"
            R"("student{:03}@example.com","userName":"学生","teamName":"チームA","notebookPath":)"
            R"("演習/配信.ipynb","cellId":"cell-{}","cellIndex":{},"cellType":"code","code":"x = {}",)"
            R"("executionCount":{},"hasError":false,"executionDurationMs":5}})",
            random_.id().to_string(), format_time(now), number % kShownStudents + 1, number % 20,
            number % 20, number, number / kShownStudents + 1);
    }

    const Clock& clock_;
    SeededRandom random_;
    ContentReader reader_;
    LedgerWriter ledger_;
    std::unique_ptr<Figures> figures_ = std::make_unique<Figures>();
    Poster poster_;
    std::vector<Post> settled_;
};

/// What the connections lack that were there to the end; the weakest of them.
struct Missed {
    std::uint64_t wanted = 0;
    std::uint64_t least = 0;     ///< Broadcasts of a connection.
    std::uint64_t greatest = 0;  ///< Likewise.
    std::uint64_t count = 0;
    std::size_t connection = 0;  ///< That lacks most.
    LiveGap gap;                 ///< Its first, where one is known.

    /// Who was lost is told by `connections_alive` alone.
    Missed(const SocketFigures& figures, std::uint64_t broadcasts) : wanted(broadcasts) {
        const auto each_alive = [&](const auto& look) {
            for (std::size_t i = 0; i < figures.clients.size(); ++i)
                if (figures.clients[i].alive) look(figures.clients[i], i);
        };
        std::optional<std::uint64_t> fewest;
        each_alive([&](const ClientFigures& client, std::size_t) {
            fewest = std::min(fewest.value_or(client.deltas), client.deltas);
            greatest = std::max(greatest, client.deltas);
        });
        least = fewest.value_or(0);
        each_alive([&](const ClientFigures& client, std::size_t number) {
            const std::uint64_t lacks = std::max(client.missed, greatest - client.deltas);
            if (lacks <= count) return;
            count = lacks;
            connection = number;
            gap = client.first_missed;
        });
        count += wanted > least ? wanted - least : 0;
    }

    [[nodiscard]] Words words() const {
        Words text{fmt::format("各接続の受信は {}～{} 件でした（すべて同数で {} 件以上のはず）",
                               least, greatest, wanted),
                   fmt::format("the connections got {} to {} broadcasts, and each should have had "
                               "at least {}, and as many as the others",
                               least, greatest, wanted)};
        if (gap.until > 0) {
            text.ja += fmt::format("。接続 {} にはシーケンス {} の後から {} までが届いていません",
                                   connection, gap.after, gap.until);
            text.en += fmt::format("; connection {} lacks what came behind sequence {}, up to {}",
                                   connection, gap.after, gap.until);
        }
        return text;
    }
};

void judge(PhaseWork& work, const SocketFigures& figures, TimeUs began) {
    const SocketTotals totals = totals_of(figures);
    const Missed missed(figures, static_cast<std::uint64_t>(work.phase().value("broadcasts")));
    std::optional<double> seconds;
    if (figures.reached_at_us > 0)
        seconds = static_cast<double>(figures.reached_at_us - began) / 1e6;
    work.judge("broadcast_time", seconds,
               seconds
                   ? Words{fmt::format("最後の接続に届くまで {:.2f} 秒かかりました", *seconds),
                           fmt::format("the last connection had all after {:.2f} s", *seconds)}
                   : Words{fmt::format("最後の変更が届かない接続がありました。最少の接続は {} 件中 "
                                       "{} 件でした",
                                       missed.wanted, missed.least),
                           fmt::format("not all connections came to the last change; the one "
                                       "that got least had {} of {} broadcasts",
                                       missed.least, missed.wanted)});
    const auto clients = static_cast<double>(figures.clients.size());
    work.judge("connections_alive", 100 * static_cast<double>(totals.alive) / clients,
               {fmt::format("{} 本の接続のうち、最後まで開いていたのは {} 本です",
                            figures.clients.size(), totals.alive),
                fmt::format("{} of {} connections were open at the end", totals.alive,
                            figures.clients.size())});
    const auto messages = static_cast<double>(totals.messages);
    work.judge(
        "messages_in_order",
        totals.messages > 0
            ? std::optional(100 * (messages - static_cast<double>(totals.violations)) / messages)
            : std::nullopt,
        totals.messages > 0
            ? Words{fmt::format("順序どおりでないメッセージが {} 件ありました（最初のもの：{}）",
                                totals.violations, figures.first_complaint),
                    figures.first_complaint}
            : Words{"メッセージが届きませんでした", "no message came"});
    work.judge("messages_missed", static_cast<double>(missed.count), missed.words());
    work.figure("broadcasts", "", static_cast<double>(missed.least), Better::neither);
    work.figure("messages", "", messages, Better::neither);
    if (figures.latency.count() > 0)
        work.figure("latency_p99_ms", "ms",
                    static_cast<double>(figures.latency.quantile_us(0.99)) / 1e3, Better::lower);
}

}  // namespace

Result<void> play_broadcast(PhaseWork& work) {
    const Phase& phase = work.phase();
    Needs needs;
    // Nearly each change is a broadcast of its own; see kBetweenEventsUs.
    needs.settings.emplace_back("CELLMON_LIVE_CONFLATION=1ms");
    CELLMON_TRY(work.site().prepare(needs));
    CELLMON_TRY(work.begin());
    work.record();
    CELLMON_TRY_ASSIGN(const std::uint64_t before, work.site().durable_sequence());
    const auto events = static_cast<std::uint64_t>(phase.value("events"));
    SocketOptions options;
    options.clients = phase.whole("connections");
    options.duration_us = static_cast<std::int64_t>(phase.value("seconds") * 1e6);
    options.follow_live = true;
    options.sequence = before + events;
    SocketTarget target;
    target.endpoint = work.site().server();
    target.path = "/api/v1/live";
    const std::string ledger = fmt::format("{}/{}-1.ndjson", work.parts().ledgers, phase.id);
    CELLMON_TRY_ASSIGN(auto sender, Sender::create(work, ledger));
    Listeners listeners(std::move(target), options, work.clock());
    chaos::wait_until([&] { return listeners.are_ready() || listeners.is_over(); },
                      std::chrono::seconds(15));
    const TimeUs began = work.clock().now_us();
    constexpr std::uint64_t kLookEach = 20;
    std::int64_t due_us = work.clock().steady_us();
    for (std::uint64_t number = 0; number < events && !listeners.is_over(); ++number) {
        const std::int64_t early_us = due_us - work.clock().steady_us();
        if (early_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(early_us));
        due_us = work.clock().steady_us() + kBetweenEventsUs;
        CELLMON_TRY(sender->send(number));
        if (number % kLookEach == 0) work.note_stop();
        if (work.stopped()) break;
        work.parts().progress(static_cast<double>(number) / static_cast<double>(events),
                              fmt::format("{} messages", listeners.messages()));
    }
    while (!listeners.is_over() && !work.stopped()) {
        work.note_stop();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (work.stopped()) listeners.stop();
    CELLMON_TRY_ASSIGN(const auto figures, listeners.finish());
    work.parts().ledgers_of_main_place.push_back(ledger);
    if (!work.stopped()) judge(work, *figures, began);
    return {};
}

}  // namespace cellmon::harness::plan
