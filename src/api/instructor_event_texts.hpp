#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/instructor_frames.hpp"
#include "base/clock.hpp"
#include "classroom/accounts.hpp"

namespace cellmon::api {

// What is said over Socket.IO (contract §4.6).

/// `instructor_status_update`
struct StatusSaid {
    StatusUpdate update;
    std::optional<std::string> location;
};

/// `student_help_request`
struct HelpRequest {
    std::string student_id;  ///< JSON.
    std::string student_name;
    std::string seat_number;  ///< JSON.
    std::string help_type;
};

using ClientEvent = std::variant<StatusSaid, HelpRequest, FaultyMessage>;
[[nodiscard]] ClientEvent read_client_event(std::string_view name, std::string_view argument);

/// The token of `auth`; empty when it is blank, nullopt when there is none.
[[nodiscard]] std::optional<std::string> token_in(std::string_view auth);

[[nodiscard]] std::string joined_json(const classroom::Account& account, std::int64_t took_us);
[[nodiscard]] std::string status_said_json(const classroom::Account& account,
                                           const std::optional<std::string>& location, TimeUs now);
[[nodiscard]] std::string help_request_json(const HelpRequest& request, TimeUs now);

/// Of the event `error`, for who asked for no acknowledgement.
[[nodiscard]] std::string event_error_json(std::string_view event, std::string_view why);
/// An acknowledgement; `why` is null when it was done.
[[nodiscard]] std::string outcome_json(const std::string* why);

}  // namespace cellmon::api
