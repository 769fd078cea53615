#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backup/place.hpp"

namespace cellmon::backup {

// A backup of one file: parts, one behind the other, the manifest, and a trailer that leads to it.

inline constexpr std::string_view kArchiveMagic = "CMONBAK1";
inline constexpr std::string_view kTrailerMagic = "CMONBEND";
inline constexpr std::size_t kArchiveHeaderBytes = 16;
inline constexpr std::size_t kTrailerBytes = 32;

/// The text of the manifest in the file. ErrorCode::corrupt when the file is cut short or none.
Result<std::string> archived_manifest(io::FileSystem& files, const std::string& path);

Result<std::unique_ptr<BackupWriter>> open_archive_writer(io::FileSystem& files,
                                                          const std::string& path,
                                                          std::string_view password,
                                                          RandomSource& random);

}  // namespace cellmon::backup
