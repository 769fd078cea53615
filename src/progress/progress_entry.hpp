#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace cellmon::progress {

/// What somebody did about progress, as the journal keeps it (entry kind `server`):
/// `{"type":"progress_reset","email":"…","at":"…"}`,
/// `{"type":"notification_read","email":"…","notification":"…","at":"…"}`, where `email` is whom
/// the notification is about.
struct ProgressEntry {
    enum class Type : std::uint8_t { reset, notification_read, other };

    Type type = Type::other;
    std::string email;
    std::string notification;
    TimeUs at_us = 0;  ///< By the server's clock.
};

[[nodiscard]] std::string write_progress_entry(const ProgressEntry& entry);

/// ErrorCode::corrupt for what is no such JSON. What is not about progress is `other`.
[[nodiscard]] Result<ProgressEntry> read_progress_entry(std::string_view payload);

}  // namespace cellmon::progress
