#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/audited_store.hpp"
#include "base/clock.hpp"

namespace cellmon::audit {

/// What the audits of a store have said so far.
struct AuditStatus {
    std::string store;
    std::optional<bool> clean;       ///< The last verdict; none: it was never compared.
    Depth depth = Depth::quick;      ///< Of that audit.
    std::uint64_t through = 0;       ///< The sequence up to which it compared.
    std::uint64_t differences = 0;   ///< That it found; as far as they are listed.
    TimeUs checked_us = 0;           ///< When it ended.
    std::int64_t duration_us = 0;    ///< How long it took.
    TimeUs clean_since_us = 0;       ///< End of the last clean audit; before: start of the server.
    std::uint64_t quick_audits = 0;  ///< That came to a verdict.
    std::uint64_t deep_audits = 0;
    std::uint64_t rows_read = 0;  ///< Of ranges that differed, in all.
    std::uint64_t failures = 0;   ///< Audits that came to none.
    std::string last_error;       ///< Why the last one did not; empty: it did.
};

}  // namespace cellmon::audit
