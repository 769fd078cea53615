#pragma once

#include <optional>

#include "harness/plan/plan.hpp"
#include "harness/plan/site.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::plan {

/// Why a phase cannot be played against another server, of which nobody knows more than its target
/// profile says. nullopt: it can, or the server is ours.
[[nodiscard]] std::optional<report::Words> lack_of_peer(const Site& site, const Phase& phase);

}  // namespace cellmon::harness::plan
