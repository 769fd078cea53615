#include "harness/load/flood_run.hpp"

#include <algorithm>
#include <deque>
#include <limits>

#include <fmt/format.h>

namespace cellmon::harness {
namespace {

constexpr std::int64_t kFloodTickUs = 100'000;

class Flood {
  public:
    Flood(const EventTemplates& templates, HttpPool pool, const FloodOptions& options,
          RunContext context)
        : templates_(templates),
          options_(options),
          context_(std::move(context)),
          poster_(std::move(pool), context_.ledger, context_.figures, context_.clock) {
        for (std::size_t i = poster_.connections(); i > 0; --i)
            idle_.push_back(i - 1);
    }

    Result<void> play() {
        if (context_.before != nullptr) CELLMON_TRY(take_up(*context_.before));
        first_ = next_;
        began_us_ = context_.clock.steady_us();
        std::int64_t tick_us = began_us_;
        std::int64_t over_us = 0;
        Result<void> result;
        std::vector<Post> settled;
        for (;;) {
            const std::int64_t now_us = context_.clock.steady_us();
            if (now_us >= tick_us) {
                if (context_.stop()) break;
                context_.figures.seconds = static_cast<double>(now_us - began_us_) / 1e6;
                context_.progress(fraction(now_us));
                tick_us = now_us + kFloodTickUs;
            }
            const bool over = is_over(now_us);
            if (over && poster_.outstanding() == 0) break;
            if (over && over_us == 0) over_us = now_us;
            if (over && now_us > over_us + options_.drain_us) break;
            std::int64_t wake_us = tick_us;
            if (!over) wake_us = std::min(wake_us, send_due(now_us));
            settled.clear();
            result = poster_.step(wake_us, settled);
            if (!result) break;
            for (const Post& post : settled)
                idle_.push_back(post.connection);
        }
        poster_.abandon();
        const std::int64_t now_us = context_.clock.steady_us();
        context_.figures.seconds = static_cast<double>(now_us - began_us_) / 1e6;
        context_.progress(fraction(now_us));
        return result;
    }

  private:
    /// Goes on behind the events of an earlier run, after those of them that have no answer.
    Result<void> take_up(const Ledger& before) {
        for (std::uint64_t number = 0; number < before.order.size(); ++number) {
            const Id128& id = before.order[number];
            if (id != templates_.id(number)) {
                return fail(ErrorCode::mismatch,
                            fmt::format("the ledger's event {} was not made by this program's plan",
                                        number));
            }
            if (before.entries.at(id).outcome == Outcome::unknown) again_.push_back(number);
        }
        next_ = before.order.size();
        return {};
    }

    [[nodiscard]] bool is_over(std::int64_t now_us) const {
        if (options_.duration_us > 0 && now_us - began_us_ >= options_.duration_us) return true;
        return again_.empty() && next_ - first_ >= options_.events;
    }

    [[nodiscard]] double fraction(std::int64_t now_us) const {
        const double by_count =
            static_cast<double>(next_ - first_) / static_cast<double>(options_.events);
        if (options_.duration_us == 0) return std::min(1.0, by_count);
        return std::min(1.0, std::max(by_count, static_cast<double>(now_us - began_us_) /
                                                    static_cast<double>(options_.duration_us)));
    }

    /// When batch `batches_` is due by the rate.
    [[nodiscard]] std::int64_t due_us(std::int64_t now_us) const {
        if (options_.events_per_second <= 0) return now_us;
        const double batch_us =
            1e6 * static_cast<double>(options_.batch) / options_.events_per_second;
        return began_us_ + static_cast<std::int64_t>(batch_us * static_cast<double>(batches_));
    }

    /// Sends what is due on the idle connections; returns when to look again.
    std::int64_t send_due(std::int64_t now_us) {
        while (!idle_.empty() && !is_over(now_us)) {
            const std::int64_t due = due_us(now_us);
            if (due > now_us) return due;
            send(due);
        }
        return std::numeric_limits<std::int64_t>::max();
    }

    void send(std::int64_t intended_us) {
        Post post;
        post.connection = idle_.back();
        idle_.pop_back();
        post.intended_us = intended_us;
        post.events.reserve(options_.batch);
        post.body.reserve(options_.batch * 640);
        post.body = "[";
        while (post.events.size() < options_.batch) {
            const bool again = !again_.empty();
            if (!again && next_ - first_ >= options_.events) break;
            const std::uint64_t number = again ? again_.front() : next_++;
            if (again) again_.pop_front();
            if (!post.events.empty()) post.body += ',';
            templates_.append_json(post.body, number);
            auto& event = post.events.emplace_back();
            event.id = templates_.id(number);
            event.in_ledger = again;
            if (context_.ledger.enabled() && !again) event.content = templates_.content(number);
        }
        post.body += ']';
        ++batches_;
        poster_.submit(std::move(post));
    }

    const EventTemplates& templates_;
    FloodOptions options_;
    RunContext context_;
    Poster poster_;
    std::vector<std::size_t> idle_;
    std::deque<std::uint64_t> again_;  ///< Numbers to send again.
    std::uint64_t first_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t batches_ = 0;
    std::int64_t began_us_ = 0;
};

}  // namespace

Result<void> run_flood(const EventTemplates& templates, HttpPool pool, const FloodOptions& options,
                       RunContext context) {
    if (options.batch < 1 || options.batch > FloodOptions::kMaxBatch) {
        return fail(ErrorCode::invalid,
                    fmt::format("batch must be 1 to {}", FloodOptions::kMaxBatch));
    }
    if (options.events < 1) return fail(ErrorCode::invalid, "events must be at least 1");
    return Flood(templates, std::move(pool), options, std::move(context)).play();
}

}  // namespace cellmon::harness
