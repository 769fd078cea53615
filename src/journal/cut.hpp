#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/cursor.hpp"
#include "journal/identity.hpp"
#include "journal/redactions.hpp"

namespace cellmon::journal {

/// Ends the journal in a folder that no writer uses behind `sequence`, also in the middle of a
/// record: for a restore that does not go to the end. What lies behind it is gone. Durable when it
/// returns; the end that the journal has then. ErrorCode::not_found when it does not hold
/// `sequence`, corrupt when what is kept cannot be read.
Result<Cursor> cut_behind(io::FileSystem& files, const std::string& directory,
                          const Identity& identity, const Redactions& redactions,
                          std::uint64_t sequence);

}  // namespace cellmon::journal
