#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/id128.hpp"

namespace cellmon::audit {

/// How a store can contradict the journal.
enum class Kind : std::uint8_t {
    missing,  ///< The journal's event is not there; also one of two that were merged.
    extra,    ///< There, and not in the journal.
    changed,  ///< There with other content.
    doubled,  ///< There more than once.
    order,    ///< There at another place than its own.
    totals,   ///< Sums of a student and day are not those of the events.
};

[[nodiscard]] std::string_view name_of(Kind kind);

struct Difference {
    Kind kind = Kind::missing;
    std::uint64_t sequence = 0;  ///< Its place; 0 for totals.
    Id128 id;                    ///< Of the journal's event there, else of what is stored.
    std::string what;            ///< One line for a person; of totals the student and day.
    std::string student;         ///< Of totals: whose.
    std::int64_t day = 0;        ///< Of totals: since 1970.

    bool operator==(const Difference&) const = default;
};

}  // namespace cellmon::audit
