#pragma once

#include <optional>
#include <string>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::journal {

/// Which journal a folder holds, and which history of it: the `identity` file.
struct Identity {
    Id128 journal_id;
    std::uint64_t epoch = 1;
};

/// nullopt when the folder has no identity yet.
Result<std::optional<Identity>> read_identity(io::FileSystem& files, const std::string& directory);

/// Durable when it returns.
Result<void> write_identity(io::FileSystem& files, const std::string& directory,
                            const Identity& identity);

}  // namespace cellmon::journal
