#pragma once

// For tests: journal entries made in memory from what a client would post.
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "event/decode.hpp"
#include "projection/batch.hpp"
#include "sinks/redis/keys.hpp"

namespace cellmon::redis {

inline constexpr TimeUs kStartUs = 1'790'000'000'000'000;

/// Time stands still.
class FixedClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return kStartUs; }
    [[nodiscard]] std::int64_t steady_us() const override { return 0; }
};

/// Entries with consecutive sequences from 1; the chain is a function of history and sequence.
class TestJournal {
  public:
    explicit TestJournal(std::uint8_t number = 7, std::uint64_t epoch = 1) {
        history.journal_id.bytes.fill(number);
        history.epoch = epoch;
    }

    void post(std::string_view json, TimeUs received_us = kStartUs) {
        auto batch = decoder_.decode(json, event::BodyForm::json, received_us);
        ASSERT_TRUE(batch.has_value() && batch->events.size() == 1) << json;
        const auto& decoded = batch->events.at(0);
        append(journal::EntryKind::event, decoded.payload, received_us, decoded.id);
    }

    void append(journal::EntryKind kind, std::string_view payload, TimeUs received_us, Id128 id) {
        journal::Entry entry;
        entry.header.id = id;
        entry.header.content_hash = random_.u64();
        entry.header.received_us = received_us;
        entry.header.sequence = entries.size() + 1;
        entry.header.kind = kind;
        entry.chain = chain_at(entry.header.sequence);
        entry.payload = payloads_.emplace_back(payload);
        entries.push_back(entry);
    }

    void grow(std::size_t count) {
        for (std::size_t at = 0; at < count; ++at) {
            post(fmt::format(R"({{"eventType":"cell_executed","emailAddress":"s{}@example.com",)"
                             R"("cellId":"c1","executionCount":1,"hasError":false}})",
                             entries.size() % 5));
        }
    }

    [[nodiscard]] std::uint64_t chain_at(std::uint64_t sequence) const {
        return sequence * 0x9e3779b97f4a7c15U + history.journal_id.bytes[0] + history.epoch - 1;
    }
    [[nodiscard]] journal::Cursor cursor_at(std::uint64_t sequence) const {
        return {history.journal_id, history.epoch, sequence,
                sequence == 0 ? 0 : chain_at(sequence)};
    }
    /// The entries behind `from`, at most `count`.
    [[nodiscard]] projection::Batch batch(std::uint64_t from, std::size_t count = 100'000) const {
        projection::Batch batch;
        batch.start(cursor_at(from));
        for (std::size_t at = from; at < entries.size() && batch.size() < count; ++at)
            batch.add(entries[at]);
        return batch;
    }

    History history;
    std::vector<journal::Entry> entries;

  private:
    SeededRandom random_{11};
    event::Decoder decoder_{event::DecodeLimits{}, random_};
    std::deque<std::string> payloads_;
};

}  // namespace cellmon::redis
