#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "harness/classroom/people.hpp"

namespace cellmon::harness {

/// One event as a student does it, before it has an id and a number. Empty texts and negative
/// numbers are absent.
struct Draft {
    TimeUs time_us = 0;
    std::string_view type;      ///< eventType.
    std::string_view notebook;  ///< notebookPath.

    std::string cell_id;  ///< Set for cell events.
    std::string_view cell_type;
    std::string code;
    std::int64_t cell_index = -1;
    std::int64_t execution_count = -1;
    bool has_error = false;
    std::string_view error_name;
    std::string_view error_value;
    int error_line = 1;
    std::string_view result;
    std::string_view output;
    std::string_view status;  ///< How the run ended; only better clients say it.
    TimeUs started_us = -1;
    TimeUs finished_us = -1;

    std::string_view kernel_status;
    std::string_view presence;
    std::string_view help_note;
    bool environment = false;  ///< Carries the report of the Python environment.

    /// The unchanged extension knows only notebook_opened, cell_executed, help and help_stop
    /// (§5.2).
    [[nodiscard]] bool only_better_clients() const;
};

/// What a client knows of itself beside the event.
struct ClientIdentity {
    std::string session_id;
    std::string stream_id;  ///< Empty for the unchanged extension.
    std::string_view class_code;
    std::string_view consent;  ///< status, code or output; what is not consented to is not sent.
    std::uint64_t browser_ms =
        0;  ///< executionDurationMs of the unchanged extension: its handler's time.
};

/// The event as a JSON object, keys in the extension's order (§5.1), then the newer fields.
[[nodiscard]] std::string render_event(const Draft& draft, const Person& person,
                                       const ClientIdentity& client, const Id128& id,
                                       std::uint64_t stream_sequence);

/// `2026-11-23T17:44:13.660Z`, as JavaScript's toISOString writes it.
[[nodiscard]] std::string browser_time(TimeUs time_us);

}  // namespace cellmon::harness
