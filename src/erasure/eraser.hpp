#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "erasure/request.hpp"
#include "io/file_system.hpp"

namespace cellmon::erasure {

/// Told of a step that begins, and of the sequence that it has read.
using EraseProgress = std::function<void(Step step, std::uint64_t sequence)>;

struct EraseParts {
    const config::Config& config;
    io::FileSystem& files;
    const Clock& clock;
    RandomSource& random;
    EraseProgress progress = {};
};

/// What became of the requests of a data folder.
struct Outcome {
    std::vector<Tombstone> done;
    std::vector<Request> left;  ///< A store could not be reached.
    std::string why;            ///< Of the first of them; names nobody.
    std::string not_kept;       ///< Why the tombstones are not beside the backups; empty: they are.
};

/// Does all that is asked for in DATA/erasures, while no server is at work on the folder: it holds
/// the journal's lock. Each step may be cut off and is done again; a store that cannot be reached
/// is left for the next call, the others are done. Nothing is opened when nothing is asked for.
/// What was done is told to who restores older backups: the list goes beside those that the
/// configuration names. That it cannot undoes nothing; the next backup or erasure tries again.
///
/// ErrorCode::locked while a server is at work; errors of the disk and of the journal.
Result<Outcome> erase_pending(const EraseParts& parts);

/// Whether the stores answer that the request still needs. Asks them.
[[nodiscard]] bool can_go_on(const config::Config& config, io::FileSystem& files,
                             const Request& request);

}  // namespace cellmon::erasure
