#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/plan/site.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::plan {

using report::Words;

/// What has become of the events that were sent: in the journal and in each store, added up.
struct Promises {
    std::uint64_t sent = 0;
    std::uint64_t promised = 0;
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t wrong = 0;
    std::uint64_t unanswered = 0;
    std::uint64_t refused = 0;
    // With the first of them, for a person; empty without any.
    Words lost_reason;
    Words doubled_reason;
    Words wrong_reason;
    Words unanswered_reason;
    Words refused_reason;
};

/// What is looked at.
struct PromiseScope {
    std::vector<std::string> ledgers;
    std::uint64_t after = 0;            ///< The sequence behind which the events were sent.
    std::int64_t wait_us = 60'000'000;  ///< How long the stores may take to catch up.
    /// Events that no ledger knows are wrong; not where others send, too.
    bool others_allowed = false;
};

/// Reads the journal, or what the server exports where the journal cannot be seen, and each store,
/// and holds them against the ledgers and against each other. A fault is told once: what the
/// journal has lost is not counted in each store behind it again. A store that stands still has
/// lost what it lacks.
Result<Promises> check_promises(const Site& site, const PromiseScope& scope, const Clock& clock);

/// Of a store that holds the journal up to `position` and should up to `through`; empty when it
/// does.
[[nodiscard]] Words words_of_late(std::string_view store, std::uint64_t position,
                                  std::uint64_t through, std::int64_t waited_us);

/// All entries of several ledgers.
Result<Ledger> merged(const std::vector<std::string>& paths);

}  // namespace cellmon::harness::plan
