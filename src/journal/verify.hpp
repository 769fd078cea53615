#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/identity.hpp"
#include "journal/redactions.hpp"
#include "journal/segment_reader.hpp"

namespace cellmon::journal {

/// The first thing that is wrong in a journal. Behind it nothing can be trusted to belong to the
/// same history.
struct Damage {
    std::string path;
    std::uint64_t offset = 0;    ///< In the file: of the damaged record, payload, header or footer.
    std::uint64_t sequence = 0;  ///< The first one that cannot be read.
    std::string what;

    /// Where the valid part ends: in the segment that begins with this sequence. `end.offset` is 0
    /// when the segment has no valid beginning, `segment` 0 when there is none at all.
    std::uint64_t segment = 0;
    Position end;
    std::uint64_t records_before = 0;  ///< Valid ones in that segment.

    /// All records are valid and the next segment continues them: only the footer has to be
    /// written again.
    bool only_footer = false;

    /// Acknowledged entries that the writer's `durable` knows of and the journal does not hold; 0
    /// when the damage shows by itself.
    std::uint64_t missing = 0;
};

struct Verification {
    std::uint64_t segments = 0;
    std::uint64_t records = 0;
    std::uint64_t entries = 0;
    std::uint64_t removed = 0;  ///< Entries among them whose payloads retention has removed.
    std::uint64_t bytes = 0;
    std::uint64_t first_sequence = 0;  ///< 0: the journal is empty.
    std::uint64_t last_sequence = 0;
    std::uint64_t chain = 0;

    /// Of a torn record behind the end. Without `damage` it was never acknowledged. Not counted
    /// beside a writer.
    std::uint64_t torn_bytes = 0;
    std::optional<Damage> damage;
};

/// Bytes read so far, and bytes there are to read.
using VerifyProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Reads all entries through `visible_through` (as VisibleThrough gives it) with every CRC and the
/// chain. Changes nothing. Errors are those of reading; damage is a result.
Result<Verification> verify(io::FileSystem& files, const std::string& directory,
                            const Identity& identity, const Redactions& redactions,
                            std::uint64_t visible_through, const VerifyProgress& progress);

/// The same beside a writer or without one, with what the folder's own files say.
Result<Verification> verify(io::FileSystem& files, const std::string& directory,
                            const VerifyProgress& progress);

/// What can still be read behind a damage.
struct Behind {
    std::uint64_t records = 0;
    std::uint64_t entries = 0;
    std::uint64_t last_sequence = 0;  ///< Highest one seen; 0: nothing.
    std::vector<std::uint64_t>
        segments;  ///< First sequences of the segments behind the damaged one.
};

Result<Behind> survey_behind(io::FileSystem& files, const std::string& directory,
                             const Identity& identity, const Redactions& redactions,
                             const Damage& damage);

}  // namespace cellmon::journal
