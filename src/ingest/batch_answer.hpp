#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/delivery.hpp"
#include "event/decode.hpp"
#include "journal/journal.hpp"

namespace cellmon::ingest {

/// What became of a body, after the journal has answered.
struct BatchOutcome {
    std::uint64_t stored = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t refused = 0;  ///< Items that did not validate.

    [[nodiscard]] std::uint64_t accepted() const { return stored + duplicates; }
};

struct StageTimes {
    std::int64_t validation_us = 0;
    std::int64_t journal_us = 0;
    std::int64_t total_us = 0;
};

/// The status and body of the answer to a batch (contract §3.1).
struct BatchAnswer {
    unsigned status = 202;
    std::string json;
};

/// `entries` are the journal's answers to `batch.events`, in the same order.
BatchAnswer make_answer(const event::Batch& batch, const std::vector<journal::NewEntry>& entries,
                        const BatchOutcome& outcome, const StageTimes& times,
                        const std::vector<delivery::StreamAnswer>& streams, std::uint32_t batch_id);

/// Appends the list `streams` of an answer.
void append_streams(std::string& json, const std::vector<delivery::StreamAnswer>& streams);

/// Why an item is not taken whose id is stored with other content.
[[nodiscard]] std::string_view conflict_reason();

}  // namespace cellmon::ingest
