#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/result.hpp"
#include "harness/ledger/ledger.hpp"
#include "harness/peer/peer.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::peer {

/// What was there before the events that are looked for.
struct KeptBefore {
    std::uint64_t count = 0;
    std::unordered_set<Id128> ids;  ///< None where only a number is told.

    static Result<KeptBefore> look(const Peer& peer);
};

/// What the server has kept, held against what was sent and accepted.
struct KeptVerdict {
    /// A count, and in words what it means.
    struct Finding {
        std::uint64_t count = 0;
        report::Words reason;
    };
    Finding lost;
    Finding doubled;
    /// With other content than was sent, refused and kept, never sent. nullopt: nobody can tell,
    /// because the content is not told and nothing else was found.
    std::optional<Finding> wrong;
};

/// One look. By ids where they are told, else by the number. `others_allowed`: others send to it,
/// too.
Result<KeptVerdict> check_kept(const Peer& peer, const Ledger& ledger, const KeptBefore& before,
                               bool others_allowed);

}  // namespace cellmon::harness::peer
