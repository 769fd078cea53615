#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "classroom/accounts.hpp"
#include "classroom/limits.hpp"
#include "classroom/role.hpp"
#include "live/picture.hpp"

namespace cellmon::api {

// What is said on the socket of an instructor (contract §4.3).

inline constexpr classroom::TextLimit kInstructorMessage{1, 10'000};

/// `status_update`
struct StatusUpdate {
    classroom::Status status = classroom::Status::offline;
    std::optional<std::int64_t> session_id;
};

/// `student_message`, `instructor_reply`
struct StudentMessage {
    bool is_reply = false;
    std::string student_id;  ///< JSON.
    std::string message;
    std::optional<std::string> timestamp;  ///< Of the sender's own making.
};

/// `instructor_to_instructor`
struct InstructorMessage {
    std::int64_t target_id = 0;
    std::string message;
    std::optional<std::string> timestamp;
};

/// It is answered with an error, and the socket stays open.
struct FaultyMessage {
    std::string reason;
};

/// No JSON object.
struct Gibberish {};

using ClientFrame =
    std::variant<StatusUpdate, StudentMessage, InstructorMessage, FaultyMessage, Gibberish>;
[[nodiscard]] ClientFrame read_client_frame(std::string_view text);

[[nodiscard]] std::string connection_success_json(std::int64_t instructor_id, TimeUs now);
[[nodiscard]] std::string error_json(std::string_view message);

/// `type`: status_updated, to who changed it, or instructor_status_changed, to all.
[[nodiscard]] std::string status_frame_json(std::string_view type,
                                            const classroom::Account& account);

/// To the sender.
[[nodiscard]] std::string receipt_json(const StudentMessage& message, TimeUs now);
/// To the target.
[[nodiscard]] std::string instructor_message_json(const InstructorMessage& message,
                                                  std::int64_t from_id, TimeUs now);

/// What instructors are told of a student who changed; empty for nothing. `help_request` and
/// `help_resolved`, `error_alert` for who came to be stuck. The fields are those that the origin
/// publishes for instructors and nobody gets (contract §9).
[[nodiscard]] std::string student_news_json(const live::Change& change, TimeUs now);

}  // namespace cellmon::api
