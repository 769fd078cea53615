#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "retention/choice.hpp"
#include "retention/options.hpp"

namespace cellmon::retention {

/// What a look at the journal has come to.
struct PayloadsRemoved {
    std::uint64_t segments = 0;  ///< Whose payloads went.
    std::uint64_t bytes = 0;     ///< That the journal became smaller by.
    std::uint64_t through = 0;   ///< Entries up to here have no payload now; 0: none.
    std::uint64_t kept_bytes = 0;
    std::uint64_t waiting = 0;  ///< Segments that are due, and wait for
    std::string waiting_for;    ///< this.
};

/// Gives how far those are who make something of the journal.
using FoldedEverywhere = std::function<std::vector<FoldedThrough>()>;

/// Removes the payloads that are due from the journal in `data`, a segment at a time. By the
/// process that holds the journal's lock; one at a time. ErrorCode::cancelled behind a request to
/// stop, which is heeded between two segments; all that was done stays done.
Result<PayloadsRemoved> remove_old_payloads(io::FileSystem& files, const std::string& data,
                                            const RetentionOptions& options,
                                            const FoldedEverywhere& folded, TimeUs now,
                                            const std::stop_token& stop = {});

}  // namespace cellmon::retention
