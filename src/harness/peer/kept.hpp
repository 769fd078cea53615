#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "harness/ledger/event_content.hpp"
#include "harness/peer/target_profile.hpp"

namespace cellmon::harness::peer {

/// One event that the server has kept; `content` when it tells the whole event.
using VisitKept = std::function<void(const Id128& id, const EventContent* content)>;

/// What one answer, or what a command printed, says by the words of `way`.
struct KeptPage {
    std::uint64_t count = 0;  ///< The number, or how many the list has.
    std::string after;        ///< What `{after}` becomes for the next page; empty: no pages.
};

/// Reads it. ErrorCode::corrupt, with the place, when it has not the form that the profile says.
Result<KeptPage> read_kept(const KeptWay& way, std::string_view text, const VisitKept& visit);

}  // namespace cellmon::harness::peer
