#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/ledger/ledger.hpp"
#include "harness/load/event_route.hpp"
#include "harness/load/http_pool.hpp"

namespace cellmon::harness {

/// What an answer means for the events of its request.
struct Verdict {
    bool try_again = false;          ///< No promise either way; `outcomes` is empty.
    std::int64_t retry_after_s = 0;  ///< What the server asks for; 0 when it asks for nothing.
    std::vector<Outcome> outcomes;   ///< One for each event of the request.
    std::uint64_t duplicates = 0;    ///< As the server counts them.
};

/// Reads answers to `POST /api/v1/events` (§3.1): a status from 500 on or no answer is to be tried
/// again, any other 4xx refuses all, 2xx promises all but the `failed_events`; or by the rule of
/// another server. Keeps its buffers. One thread.
class AnswerReader {
  public:
    explicit AnswerReader(std::optional<AcceptRule> rule = std::nullopt);
    AnswerReader(AnswerReader&&) noexcept;
    AnswerReader& operator=(AnswerReader&&) = delete;
    ~AnswerReader();

    [[nodiscard]] Verdict read(Exchange& exchange, std::size_t events);

    /// For who sends each event once: the kind of error as in OpenFigures, or empty when all events
    /// were taken; then `duplicates` is how many the server had before.
    [[nodiscard]] std::string error_kind(Exchange& exchange, std::size_t events,
                                         std::uint64_t& duplicates);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Waits before another attempt: 0.5, 1, 2, 4, then 8 s (§5.3), or what the server asked for when
/// that is longer.
[[nodiscard]] std::int64_t backoff_us(unsigned attempts, std::int64_t retry_after_s);

}  // namespace cellmon::harness
