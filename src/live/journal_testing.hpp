#pragma once

// A journal in memory for the tests of whoever follows one. Not part of the library.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "live/class_testing.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::live::testing {

/// A journal whose end a test moves.
struct MemoryJournal {
    std::mutex mutex;
    std::condition_variable_any grown;
    Entries entries;
    std::uint64_t durable = 0;
    std::atomic<bool> broken = false;
    std::atomic<std::uint64_t> kept = 1;  ///< The first entry that has its payload.
    std::uint64_t epoch = 1;

    void post(std::string_view json, TimeUs at) {
        const std::lock_guard lock(mutex);
        entries.post(json, at);
    }
    void sync() {
        const std::lock_guard lock(mutex);
        durable = entries.all().size();
        grown.notify_all();
    }
};

class MemorySource final : public projection::EntrySource {
  public:
    explicit MemorySource(MemoryJournal& journal) : journal_(journal) {}
    [[nodiscard]] journal::Cursor beginning() const override {
        return {Id128{}, journal_.epoch, 0, 0};
    }
    Result<void> seek(const journal::Cursor& cursor) override {
        if (cursor.epoch != journal_.epoch || cursor.sequence > durable_sequence()) {
            return fail(ErrorCode::mismatch, "another history");
        }
        at_ = cursor.sequence;
        return {};
    }
    Result<std::optional<journal::Entry>> next() override {
        const std::lock_guard lock(journal_.mutex);
        if (journal_.broken) return fail(ErrorCode::io, "the disk is gone");
        if (at_ >= journal_.durable) return std::nullopt;
        if (at_ + 1 < journal_.kept) return fail(ErrorCode::needs_snapshot, "removed");
        return journal_.entries.all().at(at_++);
    }
    Result<void> seek_sequence(std::uint64_t sequence) override {
        at_ = sequence - 1;
        return {};
    }
    Result<std::uint64_t> first_kept() override { return journal_.kept.load(); }
    [[nodiscard]] std::uint64_t durable_sequence() const override {
        const std::lock_guard lock(journal_.mutex);
        return journal_.durable;
    }
    void wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                     const std::stop_token& stop) override {
        std::unique_lock lock(journal_.mutex);
        journal_.grown.wait_for(lock, stop, timeout, [&] { return journal_.durable > sequence; });
    }

  private:
    MemoryJournal& journal_;
    std::uint64_t at_ = 0;
};

}  // namespace cellmon::live::testing
