#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "live/live_service.hpp"
#include "live/server_entries.hpp"
#include "live/server_entry.hpp"

namespace cellmon::live {

/// What an instructor does about a student, as entries of the journal. Any thread.
class InstructorActions {
  public:
    /// As of ServerEntries, or ErrorCode::not_found (no such student).
    using Done = ServerEntries::Done;

    InstructorActions(ServerEntries& entries, const Clock& clock)
        : entries_(entries), clock_(clock) {}

    /// Before the first action; it must outlive the last one.
    void connect(const LiveService& live) { live_ = &live; }

    void dismiss_help(std::string_view email, Done done);
    void resolve_error(std::string_view email, Done done);

  private:
    void submit(ServerEntryType type, std::string_view email, Done done);

    ServerEntries& entries_;
    const Clock& clock_;
    const LiveService* live_ = nullptr;
};

}  // namespace cellmon::live
