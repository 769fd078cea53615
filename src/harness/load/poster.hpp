#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/ledger/ledger.hpp"
#include "harness/load/answer.hpp"
#include "harness/load/figures.hpp"
#include "harness/load/http_pool.hpp"

namespace cellmon::harness {

struct PostedEvent {
    Id128 id;
    EventContent content;    ///< Used for the ledger only; may be empty when none is written.
    bool in_ledger = false;  ///< The ledger has its line from an earlier run.
};

/// A request on its way until it is settled.
struct Post {
    std::size_t connection = 0;
    std::uint64_t owner = 0;       ///< The caller's.
    std::int64_t intended_us = 0;  ///< Steady clock: when an unhindered client would have sent it.
    std::vector<PostedEvent> events;
    std::string body;
    unsigned attempts = 0;
};

/// Sends posts until each is settled, as a faithful client does: it tries again after 5xx, timeout
/// or a lost connection, with growing waits, and writes the ledger before each first sending and
/// after each answer. One thread.
class Poster {
  public:
    /// `answers` reads those of the server.
    Poster(HttpPool pool, LedgerWriter& ledger, Figures& figures, const Clock& clock,
           AnswerReader answers = AnswerReader());

    /// Sends when the connection is free; posts of one connection keep their order but for retries.
    void submit(Post post);
    [[nodiscard]] bool idle(std::size_t connection) const {
        return pool_.idle(connection) && waiting_[connection].empty();
    }
    [[nodiscard]] std::size_t connections() const { return pool_.size(); }
    [[nodiscard]] std::size_t outstanding() const { return posts_.size() - free_.size(); }

    /// Works until something settles or `until_us` (steady clock). Appends the settled posts. The
    /// error is the ledger's.
    Result<void> step(std::int64_t until_us, std::vector<Post>& settled);

    /// Ends the run: what is not settled counts as unknown.
    void abandon();

  private:
    struct Retry {
        std::int64_t at_us;
        std::size_t slot;
        bool operator>(const Retry& other) const { return at_us > other.at_us; }
    };

    void start(std::size_t slot);
    void settle(std::size_t slot, Verdict& verdict, const Exchange& exchange,
                std::vector<Post>& settled);
    [[nodiscard]] std::int64_t wall_us(std::int64_t steady_us) const {
        return steady_us + wall_offset_us_;
    }

    HttpPool pool_;
    LedgerWriter& ledger_;
    Figures& figures_;
    const Clock& clock_;
    std::int64_t wall_offset_us_;
    AnswerReader answers_;
    std::vector<Post> posts_;  ///< Slots; a token is a slot's number.
    std::vector<std::size_t> free_;
    std::vector<std::deque<std::size_t>> waiting_;  ///< Per connection.
    std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_;
    std::vector<Exchange> ended_;
    Result<void> ledger_state_;
};

}  // namespace cellmon::harness
