#include "harness/load/poster.hpp"

#include <algorithm>
#include <utility>

namespace cellmon::harness {

Poster::Poster(HttpPool pool, LedgerWriter& ledger, Figures& figures, const Clock& clock,
               AnswerReader answers)
    : pool_(std::move(pool)),
      ledger_(ledger),
      figures_(figures),
      clock_(clock),
      wall_offset_us_(clock.now_us() - clock.steady_us()),
      answers_(std::move(answers)),
      waiting_(pool_.size()) {}

void Poster::submit(Post post) {
    std::size_t slot = posts_.size();
    if (free_.empty()) {
        posts_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    posts_[slot] = std::move(post);
    const std::size_t connection = posts_[slot].connection;
    if (idle(connection)) {
        start(slot);
    } else {
        waiting_[connection].push_back(slot);
    }
}

void Poster::start(std::size_t slot) {
    Post& post = posts_[slot];
    if (post.attempts++ == 0) {
        figures_.sent += post.events.size();
        if (ledger_.enabled()) {
            const std::int64_t now_us = wall_us(clock_.steady_us());
            for (const auto& event : post.events) {
                if (!event.in_ledger)
                    ledger_.sent(event.id, event.content, wall_us(post.intended_us), now_us);
            }
            // The ledger must know an event before the server can: else a kill in between would
            // make it a phantom.
            if (auto written = ledger_.flush(); !written) ledger_state_ = std::move(written);
        }
    }
    ++figures_.posts;
    pool_.send(post.connection, slot, post.body);
}

Result<void> Poster::step(std::int64_t until_us, std::vector<Post>& settled) {
    if (!retries_.empty()) until_us = std::min(until_us, retries_.top().at_us);
    ended_.clear();
    pool_.poll(until_us, ended_);
    for (Exchange& exchange : ended_) {
        const auto slot = static_cast<std::size_t>(exchange.token);
        Post& post = posts_[slot];
        Verdict verdict = answers_.read(exchange, post.events.size());
        if (verdict.try_again) {
            ++(exchange.answered() ? figures_.unavailable : figures_.unanswered);
            retries_.push(
                {exchange.ended_us + backoff_us(post.attempts, verdict.retry_after_s), slot});
        } else {
            settle(slot, verdict, exchange, settled);
        }
        auto& waiting = waiting_[exchange.connection];
        if (!waiting.empty() && pool_.idle(exchange.connection)) {
            const std::size_t next = waiting.front();
            waiting.pop_front();
            start(next);
        }
    }
    const std::int64_t now_us = clock_.steady_us();
    while (!retries_.empty() && retries_.top().at_us <= now_us) {
        const std::size_t slot = retries_.top().slot;
        retries_.pop();
        const std::size_t connection = posts_[slot].connection;
        if (idle(connection)) {
            start(slot);
        } else {
            waiting_[connection].push_back(slot);
        }
    }
    if (auto written = ledger_.flush(); !written) ledger_state_ = std::move(written);
    return ledger_state_;
}

void Poster::settle(std::size_t slot, Verdict& verdict, const Exchange& exchange,
                    std::vector<Post>& settled) {
    Post& post = posts_[slot];
    std::uint64_t promised = 0;
    const std::int64_t sent_us = wall_us(exchange.sent_us);
    for (std::size_t i = 0; i < post.events.size(); ++i) {
        const Outcome outcome = verdict.outcomes[i];
        if (outcome == Outcome::refused) {
            ++figures_.refused;
        } else {
            ++promised;
        }
        ledger_.outcome(post.events[i].id, sent_us, outcome);
    }
    const std::uint64_t duplicates = std::min(verdict.duplicates, promised);
    figures_.duplicates += duplicates;
    figures_.acked += promised - duplicates;
    figures_.latency.record(exchange.ended_us - post.intended_us);
    figures_.service.record(exchange.ended_us - exchange.sent_us);
    settled.push_back(std::move(post));
    post = Post{};
    free_.push_back(slot);
}

void Poster::abandon() {
    for (const Post& post : posts_) {
        if (post.attempts > 0) figures_.unknown += post.events.size();
    }
}

}  // namespace cellmon::harness
