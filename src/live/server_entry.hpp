#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace cellmon::live {

enum class ServerEntryType : std::uint8_t { dismiss_help, resolve_error, other };

/// What an instructor did about a student, as the journal keeps it (entry kind `server`):
/// `{"type":"dismiss_help","email":"…","at":"…","through":"…"}`.
struct ServerEntry {
    ServerEntryType type = ServerEntryType::other;
    std::string email;
    TimeUs at_us = 0;       ///< By the server's clock.
    TimeUs through_us = 0;  ///< The newest event of the student that the instructor could know of,
                            ///< by the student's clock: it speaks of all up to there, so that a
                            ///< clock that is wrong cannot slip past it.
};

[[nodiscard]] std::string write_server_entry(const ServerEntry& entry);

/// ErrorCode::corrupt for what is no such JSON. Types of other versions are `other`; without
/// `through`, `at` stands for it.
[[nodiscard]] Result<ServerEntry> read_server_entry(std::string_view payload);

}  // namespace cellmon::live
