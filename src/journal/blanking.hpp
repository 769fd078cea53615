#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::journal {

/// What blank_payloads() has done.
struct Blanked {
    std::uint64_t payloads = 0;  ///< That were not blank yet.
    std::uint64_t bytes = 0;     ///< Of them.
};

/// Told of segments that are done, and of those there are.
using BlankProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Writes zeros over each payload whose sequence stands in the folder's `redactions`, and syncs the
/// segments that were touched. Entry headers stay as they are: ids, hashes, lengths, CRCs and with
/// them the chain. Whatever ends it, it is to be called again and writes all of them once more. A
/// folder without a list, or that is no journal, has nothing to blank.
///
/// The caller holds the folder's `lock`: nobody writes meanwhile. Readers may read.
Result<Blanked> blank_payloads(io::FileSystem& files, const std::string& directory,
                               const BlankProgress& progress = {});

/// The same of segments whose folder does not say yet which journal it is: a restore puts that
/// there last.
Result<Blanked> blank_payloads(io::FileSystem& files, const std::string& directory,
                               const Id128& journal_id, const BlankProgress& progress = {});

}  // namespace cellmon::journal
