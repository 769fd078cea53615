#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"
#include "live/live_service.hpp"
#include "live/server_entry.hpp"

namespace cellmon::live {

/// Writes what an instructor does about a student into the journal, so that it survives restarts
/// and rebuilds. Stands before the completion queue of the clients' events and takes its own out.
/// Any thread.
class InstructorActions final : public journal::CompletionQueue {
  public:
    /// The sequence of the durable entry, or ErrorCode::not_found (no such student), unavailable,
    /// no_space, io. Called once, by the journal's thread or inside the call that asked; it must
    /// not block.
    using Done = std::function<void(Result<std::uint64_t>)>;

    InstructorActions(journal::CompletionQueue& events, const Clock& clock, RandomSource& random)
        : events_(events), clock_(clock), random_(random) {}

    /// Before the first action; both must outlive the last one.
    void connect(journal::Journal& journal, const LiveService& live);

    void dismiss_help(std::string_view email, Done done);
    void resolve_error(std::string_view email, Done done);

    void complete(unsigned waiter, std::vector<std::unique_ptr<journal::Submission>> done) override;

  private:
    class Action;
    static constexpr unsigned kWaiter = std::numeric_limits<unsigned>::max();

    void submit(ServerEntryType type, std::string_view email, Done done);

    journal::CompletionQueue& events_;
    const Clock& clock_;
    RandomSource& random_;
    journal::Journal* journal_ = nullptr;
    const LiveService* live_ = nullptr;
};

}  // namespace cellmon::live
