#include "live/server_entries.hpp"

#include <utility>

#include <xxhash.h>

#include "base/assert.hpp"
#include "base/crc32c.hpp"

namespace cellmon::live {

/// An entry on its way through the journal; it views into the payload.
class ServerEntries::Pending final : public journal::Submission {
  public:
    Pending(std::string text, Done answer) : payload(std::move(text)), done(std::move(answer)) {}

    std::string payload;
    Done done;
};

void ServerEntries::write(std::string payload, Done done) {
    CELLMON_ASSERT(journal_ != nullptr);
    auto pending = std::make_unique<Pending>(std::move(payload), std::move(done));
    pending->waiter = kWaiter;
    journal::NewEntry& made = pending->entries.emplace_back();
    made.id = random_.id();
    made.received_us = clock_.now_us();
    made.kind = journal::EntryKind::server;
    made.payload = pending->payload;
    made.payload_crc = crc32c(pending->payload);
    made.content_hash = XXH3_64bits(pending->payload.data(), pending->payload.size());

    Pending& kept = *pending;
    std::unique_ptr<journal::Submission> submission = std::move(pending);
    if (auto taken = journal_->submit(std::move(submission)); !taken) {
        kept.done(fail(std::move(taken).error()));
    }
}

void ServerEntries::complete(unsigned waiter,
                             std::vector<std::unique_ptr<journal::Submission>> done) {
    if (waiter != kWaiter) return events_.complete(waiter, std::move(done));
    for (const auto& submission : done) {
        auto& pending = static_cast<Pending&>(*submission);
        const journal::NewEntry& entry = pending.entries.front();
        if (entry.outcome == journal::Outcome::stored) {
            pending.done(entry.sequence);
        } else {
            pending.done(fail(ErrorCode::io, "it could not be stored; try again"));
        }
    }
}

}  // namespace cellmon::live
