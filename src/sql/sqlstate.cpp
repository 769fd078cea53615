#include "sql/sqlstate.hpp"

#include <algorithm>
#include <array>

namespace cellmon::sql {

ErrorCode code_of_sqlstate(std::string_view state) {
    struct Rule {
        std::string_view prefix;
        ErrorCode code;
    };
    // The first that matches: whole states before their classes.
    static constexpr std::array kRules = std::to_array<Rule>({
        {"23505", ErrorCode::already_exists},
        {"23503", ErrorCode::reference},
        {"40", ErrorCode::locked},     // Serialisation failure, deadlock.
        {"55P03", ErrorCode::locked},  // A lock was not to be had in time.
        {"53100", ErrorCode::no_space},
        {"42501", ErrorCode::permission},
        {"25006", ErrorCode::unavailable},  // A stand-by server, which only reads.
        {"08", ErrorCode::unavailable},     // The connection.
        {"53", ErrorCode::unavailable},     // Memory, connections.
        {"57", ErrorCode::unavailable},     // Cancelled, shut down, starting up.
        {"22", ErrorCode::invalid},         // A value that does not fit.
        {"23", ErrorCode::invalid},         // The other constraints.
        {"XX", ErrorCode::corrupt},
    });
    const auto* found = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) {
        return state.starts_with(rule.prefix);
    });
    return found == kRules.end() ? ErrorCode::io : found->code;
}

}  // namespace cellmon::sql
