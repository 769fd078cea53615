#include "harness/load/class_run.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <queue>

#include <fmt/format.h>

namespace cellmon::harness {
namespace {

constexpr std::int64_t kClassTickUs = 100'000;

struct Waiting {
    PostedEvent event;
    std::string json;
};

/// One run of a class: pulls events when they are due and hands them to the clients of their
/// students.
class Run {
  public:
    Run(Classroom& classroom, HttpPool pool, const ClassRunOptions& options, RunContext context)
        : classroom_(classroom),
          options_(options),
          context_(std::move(context)),
          poster_(std::move(pool), context_.ledger, context_.figures, context_.clock,
                  AnswerReader(options.route.rule)),
          queues_(classroom.plan().students),
          in_flight_(classroom.plan().students, false) {}

    Result<void> play() {
        const std::int64_t began_us = now();
        next_ = classroom_.next();
        if (context_.before == nullptr) start_clock(began_us, classroom_.plan().start_us);
        std::int64_t tick_us = began_us;
        std::int64_t over_us = 0;
        Result<void> result;
        for (;;) {
            pull();
            fire();
            if (waiting_events_ + poster_.outstanding() > ClassRunOptions::kMaxWaitingEvents) {
                result =
                    fail(ErrorCode::limit, fmt::format("more than {} events wait for the server",
                                                       ClassRunOptions::kMaxWaitingEvents));
                break;
            }
            if (now() >= tick_us) {
                if (context_.stop()) break;
                context_.figures.seconds = static_cast<double>(now() - began_us) / 1e6;
                context_.progress(fraction());
                tick_us = now() + kClassTickUs;
            }
            if (!next_) {
                if (waiting_events_ == 0 && poster_.outstanding() == 0) break;
                if (over_us == 0) over_us = now();
                if (now() > over_us + options_.drain_us) break;
            }
            settled_.clear();
            result = poster_.step(std::min(wake_us(), tick_us), settled_);
            if (!result) break;
            for (const Post& post : settled_)
                after(post);
        }
        poster_.abandon();
        context_.figures.seconds = static_cast<double>(now() - began_us) / 1e6;
        context_.progress(fraction());
        return result;
    }

  private:
    /// A moment at which a client wants to send: a student's flush, or one event of the unchanged
    /// extension.
    struct Timer {
        std::int64_t at_us;
        std::uint32_t student;
        std::uint64_t order;
        bool operator>(const Timer& other) const {
            return at_us != other.at_us ? at_us > other.at_us : order > other.order;
        }
    };

    [[nodiscard]] std::int64_t now() const { return context_.clock.steady_us(); }

    void start_clock(std::int64_t real_us, TimeUs class_us) {
        real_start_us_ = real_us;
        class_start_us_ = class_us;
        clock_runs_ = true;
    }

    [[nodiscard]] std::int64_t due_us(TimeUs class_us) const {
        return real_start_us_ +
               static_cast<std::int64_t>(static_cast<double>(class_us - class_start_us_) /
                                         options_.speed);
    }

    [[nodiscard]] double fraction() const {
        if (!next_) return 1;
        const auto& plan = classroom_.plan();
        return static_cast<double>(next_->time_us - plan.start_us) /
               static_cast<double>(plan.end_us() - plan.start_us);
    }

    [[nodiscard]] std::int64_t wake_us() const {
        std::int64_t wake = now() + kClassTickUs;
        if (next_ && clock_runs_) wake = std::min(wake, due_us(next_->time_us));
        if (!timers_.empty()) wake = std::min(wake, timers_.top().at_us);
        return wake;
    }

    void pull() {
        const std::int64_t now_us = now();
        while (next_) {
            const LedgerEntry* known = nullptr;
            if (context_.before != nullptr) {
                const auto found = context_.before->entries.find(next_->id);
                if (found != context_.before->entries.end()) known = &found->second;
            }
            // What an earlier run has not sent goes on from now, at the pace of the class; what it
            // sent without an answer goes at once.
            if (known == nullptr && !clock_runs_) start_clock(now_us, next_->time_us);
            const std::int64_t due = known != nullptr ? now_us : due_us(next_->time_us);
            if (due > now_us) return;
            if (known == nullptr || known->outcome == Outcome::unknown)
                hand_over(due, known != nullptr);
            next_ = classroom_.next();
        }
    }

    void hand_over(std::int64_t due, bool known) {
        auto item = reader_.read(next_->json);
        CELLMON_ASSERT(item.has_value());
        auto& queue = queues_[next_->student];
        queue.push_back({{next_->id, std::move(item->content), known}, std::move(next_->json)});
        ++waiting_events_;
        ++context_.figures.offered;
        if (!next_->better_client) {
            const auto spread = known ? 0
                                      : static_cast<std::int64_t>(
                                            static_cast<double>(next_->spread_us) / options_.speed);
            set_timer(due + spread, next_->student);
        } else if (queue.size() == 1) {
            set_timer(due + (known ? 0 : ClassRunOptions::kFlushUs), next_->student);
        }
    }

    void set_timer(std::int64_t at_us, std::uint32_t student) {
        timers_.push({at_us, student, timer_count_++});
    }

    void fire() {
        const std::int64_t now_us = now();
        while (!timers_.empty() && timers_.top().at_us <= now_us) {
            const Timer timer = timers_.top();
            timers_.pop();
            context_.figures.lag.record(now_us - timer.at_us);
            const bool better = better_client(timer.student);
            // A better client has one request under way; the rest waits for its answer and counts
            // from its own time.
            if (options_.route.one_a_request && better) {
                // All that is there is due now; what waits for the connection counts from now, too.
                while (!queues_[timer.student].empty())
                    send(timer.student, timer.at_us, 1);
            } else if (better && in_flight_[timer.student]) {
                delayed_.insert_or_assign(timer.student, timer.at_us);
            } else {
                send(timer.student, timer.at_us, better ? ClassRunOptions::kMaxBatch : 1);
            }
        }
    }

    void send(std::uint32_t student, std::int64_t intended_us, std::size_t most) {
        auto& queue = queues_[student];
        if (queue.empty()) return;
        Post post;
        post.connection = student % poster_.connections();
        post.owner = student;
        post.intended_us = intended_us;
        const bool in_array = !options_.route.one_a_request;
        if (in_array) post.body = "[";
        for (; !queue.empty() && post.events.size() < most; queue.pop_front()) {
            if (!post.events.empty()) post.body += ',';
            post.body += queue.front().json;
            post.events.push_back(std::move(queue.front().event));
            --waiting_events_;
        }
        if (in_array) post.body += ']';
        in_flight_[student] = true;
        poster_.submit(std::move(post));
    }

    void after(const Post& post) {
        const auto student = static_cast<std::uint32_t>(post.owner);
        in_flight_[student] = false;
        if (!better_client(student) || queues_[student].empty() || options_.route.one_a_request)
            return;
        const auto delayed = delayed_.find(student);
        if (delayed != delayed_.end()) {
            const std::int64_t intended_us = delayed->second;
            delayed_.erase(delayed);
            send(student, intended_us, ClassRunOptions::kMaxBatch);
        } else if (post.events.size() == ClassRunOptions::kMaxBatch) {
            send(student, now(), ClassRunOptions::kMaxBatch);
        }
    }

    [[nodiscard]] bool better_client(std::uint32_t student) const {
        return classroom_.person(student).better_client;
    }

    Classroom& classroom_;
    ClassRunOptions options_;
    RunContext context_;
    Poster poster_;
    ContentReader reader_;
    std::optional<ClassEvent> next_;
    std::vector<std::deque<Waiting>> queues_;  ///< Per student.
    std::vector<bool> in_flight_;
    std::unordered_map<std::uint32_t, std::int64_t>
        delayed_;  ///< When a flush was due that had to wait.
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    std::vector<Post> settled_;
    std::uint64_t timer_count_ = 0;
    std::size_t waiting_events_ = 0;
    std::int64_t real_start_us_ = 0;
    TimeUs class_start_us_ = 0;
    bool clock_runs_ = false;
};

}  // namespace

Result<void> run_class(Classroom& classroom, HttpPool pool, const ClassRunOptions& options,
                       RunContext context) {
    return Run(classroom, std::move(pool), options, std::move(context)).play();
}

}  // namespace cellmon::harness
