#pragma once

// The layout of a part, shared by writer and reader; docs/formats/backup.md has the words.

#include <cstdint>
#include <string_view>

namespace cellmon::backup {

inline constexpr std::string_view kPartMagic = "CMONPRT1";
inline constexpr std::uint32_t kPartVersion = 1;
inline constexpr std::uint32_t kPartEncrypted = 1;  ///< The one flag there is.

inline constexpr std::size_t kPartHeaderBytes = 64;
inline constexpr std::size_t kPartFlagsAt = 12;
inline constexpr std::size_t kPartStreamAt = 16;  ///< The header of libsodium's stream.
inline constexpr std::size_t kPartCrcAt = 60;

/// Length with kLastFrame, CRC-32C, bytes.
inline constexpr std::size_t kFrameHeaderBytes = 8;
inline constexpr std::uint32_t kLastFrame = 0x8000'0000;

/// Compressed bytes in a frame, before they are encrypted.
inline constexpr std::size_t kFrameBytes = 256U << 10U;

}  // namespace cellmon::backup
