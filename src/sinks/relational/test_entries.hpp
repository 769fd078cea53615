#pragma once

// Shared by the tests of this module: journal entries made in memory from what a client would post.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "event/decode.hpp"
#include "projection/batch.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::relational {

inline constexpr TimeUs kStartUs = 1'790'000'000'000'000;

/// Entries with consecutive sequences from 1; the chain is any function of the sequence.
class TestJournal {
  public:
    TestJournal() { journal_id.bytes.fill(7); }

    /// Decodes one posted object as the server does and appends it; its sequence.
    std::uint64_t post(std::string_view json, TimeUs received_us) {
        auto batch = decoder_.decode(json, event::BodyForm::json, received_us);
        EXPECT_TRUE(batch.has_value() && batch->events.size() == 1) << json;
        const auto& decoded = batch->events.at(0);
        return append(journal::EntryKind::event, decoded.payload, received_us, decoded.id,
                      decoded.content_hash);
    }

    std::uint64_t append(journal::EntryKind kind, std::string_view payload, TimeUs received_us) {
        return append(kind, payload, received_us, random_.id(), random_.u64());
    }

    std::uint64_t append(journal::EntryKind kind, std::string_view payload, TimeUs received_us,
                         Id128 id, std::uint64_t content_hash) {
        journal::Entry entry;
        entry.header.id = id;
        entry.header.content_hash = content_hash;
        entry.header.received_us = received_us;
        entry.header.sequence = entries.size() + 1;
        entry.header.kind = kind;
        entry.chain = chain_at(entry.header.sequence);
        payloads.push_back(std::make_unique<std::string>(payload));
        entry.payload = *payloads.back();
        entries.push_back(entry);
        return entry.header.sequence;
    }

    [[nodiscard]] static std::uint64_t chain_at(std::uint64_t sequence) {
        return sequence * 0x9e3779b97f4a7c15U;
    }

    [[nodiscard]] journal::Cursor cursor_at(std::uint64_t sequence) const {
        return {journal_id, 1, sequence, chain_at(sequence)};
    }

    /// The entries behind `from`, at most `count`.
    [[nodiscard]] projection::Batch batch(std::uint64_t from, std::size_t count) const {
        projection::Batch batch;
        batch.start(cursor_at(from));
        for (std::size_t at = from; at < entries.size() && batch.size() < count; ++at) {
            batch.add(entries[at]);
        }
        return batch;
    }

    Id128 journal_id;
    std::vector<journal::Entry> entries;
    std::vector<std::unique_ptr<std::string>> payloads;

  private:
    SeededRandom random_{11};
    event::Decoder decoder_{event::DecodeLimits{}, random_};
};

/// The entries of a TestJournal, all durable.
class TestSource final : public projection::EntrySource {
  public:
    explicit TestSource(const TestJournal& journal) : journal_(journal) {}

    [[nodiscard]] journal::Cursor beginning() const override { return journal_.cursor_at(0); }
    Result<void> seek(const journal::Cursor& cursor) override {
        at_ = cursor.sequence;
        return {};
    }
    Result<std::optional<journal::Entry>> next() override {
        if (at_ >= journal_.entries.size()) return std::nullopt;
        return journal_.entries[at_++];
    }
    [[nodiscard]] std::uint64_t durable_sequence() const override {
        return journal_.entries.size();
    }
    void wait_beyond(std::uint64_t, std::chrono::milliseconds, const std::stop_token&) override {}

  private:
    const TestJournal& journal_;
    std::uint64_t at_ = 0;
};

/// `"field":"value",` pieces put together to what a client posts; times are offsets from kStartUs.
inline std::string event_json(std::string_view type, std::string_view email, TimeUs offset_us,
                              std::string_view more = "") {
    static_assert(kStartUs % kSecondUs == 0);
    return fmt::format(R"({{"eventType":"{}","emailAddress":"{}","eventTime":"{}"{}{}}})", type,
                       email, format_time(kStartUs + offset_us), more.empty() ? "" : ",", more);
}

/// A run of a code cell.
inline std::string run_json(std::string_view email, std::string_view cell, TimeUs offset_us,
                            bool has_error, std::string_view more = "") {
    return event_json(
        "cell_executed", email, offset_us,
        fmt::format(R"json("notebookPath":"a/Lesson.ipynb","cellId":"{}","cellIndex":2,)json"
                    R"json("cellType":"code","code":"print(1)","executionCount":3,)json"
                    R"json("hasError":{},"result":"1","executionDurationMs":2.5{}{})json",
                    cell, has_error, more.empty() ? "" : ",", more));
}

}  // namespace cellmon::relational
