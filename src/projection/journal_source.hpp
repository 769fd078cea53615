#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "journal/removal.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::projection {

/// The entries of a journal. `wait` as Journal::wait_beyond in the process that writes; beside it,
/// a wait of `timeout`.
class JournalSource final : public EntrySource {
  public:
    using Wait = std::function<void(std::uint64_t sequence, std::chrono::milliseconds timeout,
                                    const std::stop_token& stop)>;

    JournalSource(journal::Reader reader, journal::VisibleThrough visible, Wait wait)
        : reader_(std::move(reader)), visible_(std::move(visible)), wait_(std::move(wait)) {}

    [[nodiscard]] journal::Cursor beginning() const override {
        return {reader_.journal_id(), reader_.epoch(), 0, 0};
    }
    Result<journal::Cursor> before_newest(std::uint64_t count) override {
        const std::uint64_t durable = visible_();
        const std::uint64_t wanted = durable <= count ? 1 : durable - count + 1;
        CELLMON_TRY_ASSIGN(const std::uint64_t kept, reader_.first_kept());
        const std::uint64_t first = std::max(wanted, kept);
        if (first == 1) return beginning();
        CELLMON_TRY(reader_.seek_sequence(first));
        return reader_.cursor();
    }
    Result<void> seek(const journal::Cursor& cursor) override { return reader_.seek(cursor); }
    Result<void> seek_sequence(std::uint64_t sequence) override {
        return reader_.seek_sequence(sequence);
    }
    Result<std::optional<journal::Entry>> next() override {
        CELLMON_TRY_ASSIGN(const auto entry, reader_.next());
        if (!entry || !entry->removed) return entry;
        // Whoever asks again is told the same.
        CELLMON_TRY(reader_.seek_sequence(entry->header.sequence));
        CELLMON_TRY_ASSIGN(const std::uint64_t kept, reader_.first_kept());
        return fail(journal::needs_snapshot(kept));
    }
    Result<std::optional<journal::Entry>> next_or_removed() override { return reader_.next(); }
    [[nodiscard]] Result<std::uint64_t> first_kept() override { return reader_.first_kept(); }
    [[nodiscard]] std::uint64_t durable_sequence() const override { return visible_(); }
    void wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                     const std::stop_token& stop) override {
        wait_(sequence, timeout, stop);
    }

  private:
    journal::Reader reader_;
    journal::VisibleThrough visible_;
    Wait wait_;
};

}  // namespace cellmon::projection
