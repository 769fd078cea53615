#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// What an answer to written lines means.
struct Verdict {
    enum class Kind : std::uint8_t {
        taken,      ///< All of them are stored.
        expired,    ///< All but those that are older than what the database keeps.
        refused,    ///< One or more are not taken, now and later; the others may be stored or not.
        too_large,  ///< None was looked at.
        failed,     ///< Nothing is known of them; another attempt may do.
    };

    Kind kind = Kind::taken;
    std::uint64_t expired = 0;
    std::string reason;  ///< Of all but taken.
};

[[nodiscard]] Verdict verdict_of(const Answer& answer, std::string_view database);

/// The reason without what it quotes of a line: for the log.
[[nodiscard]] std::string without_values(std::string_view reason);

}  // namespace cellmon::influxdb
