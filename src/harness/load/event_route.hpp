#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cellmon::harness {

/// When an answer promises all events of its request, of a server that speaks another contract than
/// ours. Statuses of `again`, those from 500 on and no answer promise nothing, and the request is
/// sent again; so does an accepted status whose body does not pass. All others refuse.
struct AcceptRule {
    std::vector<int> statuses;              ///< That accept; empty: every 2xx.
    std::vector<int> again{408, 425, 429};  ///< Besides all 5xx.
    /// JSON pointer into the answer, whose value must be `equals`; without one the body is not
    /// read.
    std::string pointer;
    std::variant<bool, std::int64_t, std::string> equals = true;
    /// JSON pointer to how many events were taken, which must be all of the request's.
    std::string count;
};

/// Where a server takes events, and in which form.
struct EventRoute {
    std::string path = "/api/v1/events";
    bool one_a_request = false;      ///< Each event by itself, as an object; else arrays.
    std::optional<AcceptRule> rule;  ///< None: the answers are those of our own contract.
};

}  // namespace cellmon::harness
