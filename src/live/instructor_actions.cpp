#include "live/instructor_actions.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/assert.hpp"
#include "base/crc32c.hpp"

namespace cellmon::live {

/// An entry on its way through the journal; it views into the payload.
class InstructorActions::Action final : public journal::Submission {
  public:
    Action(std::string text, Done answer) : payload(std::move(text)), done(std::move(answer)) {}

    std::string payload;
    Done done;
};

void InstructorActions::connect(journal::Journal& journal, const LiveService& live) {
    journal_ = &journal;
    live_ = &live;
}

void InstructorActions::dismiss_help(std::string_view email, Done done) {
    submit(ServerEntryType::dismiss_help, email, std::move(done));
}

void InstructorActions::resolve_error(std::string_view email, Done done) {
    submit(ServerEntryType::resolve_error, email, std::move(done));
}

void InstructorActions::submit(ServerEntryType type, std::string_view email, Done done) {
    CELLMON_ASSERT(journal_ != nullptr && live_ != nullptr);
    const StudentPicturePtr student = live_->picture()->find(email);
    if (!student) {
        return done(fail(ErrorCode::not_found, fmt::format("no student {} was seen", email)));
    }
    const TimeUs now = clock_.now_us();
    // What the picture shows is what the instructor could know of, whatever the student's clock.
    const ServerEntry entry{type, std::string(email), now, student->view.last_activity_us};
    auto action = std::make_unique<Action>(write_server_entry(entry), std::move(done));
    action->waiter = kWaiter;
    journal::NewEntry& made = action->entries.emplace_back();
    made.id = random_.id();
    made.received_us = now;
    made.kind = journal::EntryKind::server;
    made.payload = action->payload;
    made.payload_crc = crc32c(action->payload);
    made.content_hash = XXH3_64bits(action->payload.data(), action->payload.size());

    Action& kept = *action;
    std::unique_ptr<journal::Submission> submission = std::move(action);
    if (auto taken = journal_->submit(std::move(submission)); !taken) {
        kept.done(fail(std::move(taken).error()));
    }
}

void InstructorActions::complete(unsigned waiter,
                                 std::vector<std::unique_ptr<journal::Submission>> done) {
    if (waiter != kWaiter) return events_.complete(waiter, std::move(done));
    for (const auto& submission : done) {
        auto& action = static_cast<Action&>(*submission);
        const journal::NewEntry& entry = action.entries.front();
        if (entry.outcome == journal::Outcome::stored) {
            action.done(entry.sequence);
        } else {
            action.done(fail(ErrorCode::io, "it could not be stored; try again"));
        }
    }
}

}  // namespace cellmon::live
