#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::projection {

/// The entries of the journal in `directory`, for who works beside its server or without one: as
/// far as they are durable now; without a server, all that is there. It never waits for more,
/// because who works beside a server goes as far as a store has come. Errors of the journal.
Result<std::unique_ptr<EntrySource>> journal_beside(io::FileSystem& files,
                                                    const std::string& directory);

}  // namespace cellmon::projection
