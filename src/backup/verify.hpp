#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backup/place.hpp"
#include "backup/progress.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

struct VerifyOptions {
    std::string where;
    std::string backup;    ///< Its name; empty: all of them.
    std::string password;  ///< Secret. Empty: of what is encrypted only the stored bytes are
                           ///< compared.
};

struct Verified {
    std::vector<Manifest> backups;      ///< That were looked at.
    std::vector<std::string> problems;  ///< Empty: each of them can be restored.
    std::uint64_t parts = 0;
    std::uint64_t bytes = 0;  ///< Stored ones that were read.
    bool opened = true;       ///< Everything was also decrypted and unpacked.
};

/// Reads every part of the backups once, and compares. Errors are those of finding them, and a
/// wrong password; what is wrong with a backup is a result.
Result<Verified> verify_backups(io::FileSystem& files, const VerifyOptions& options, Work work);

}  // namespace cellmon::backup
