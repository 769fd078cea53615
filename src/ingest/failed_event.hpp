#pragma once

#include <string>
#include <string_view>

#include "event/decode.hpp"

namespace cellmon::ingest {

/// Appends a decoded event as §3.1 shows failed events: the contract's 18 keys, nulls included, and
/// index, field, reason.
void append_failed_event(std::string& json, const event::DecodedEvent& event,
                         std::string_view field, std::string_view reason);

}  // namespace cellmon::ingest
