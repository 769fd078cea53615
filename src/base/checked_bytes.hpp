#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_codec.hpp"
#include "base/crc32c.hpp"
#include "base/result.hpp"

namespace cellmon {

/// A checkpoint's bytes: `magic`, `content`, and a CRC-32C of both.
[[nodiscard]] inline std::string checked_bytes(std::string_view magic, std::string_view content) {
    std::string bytes(magic);
    bytes += content;
    ByteWriter crc;
    crc.put(crc32c(bytes));
    return bytes + crc.take();
}

/// The content of what checked_bytes() made; ErrorCode::corrupt when it is something else.
[[nodiscard]] inline Result<ByteReader> open_checked(std::string_view magic, std::string_view all) {
    if (all.size() < magic.size() + sizeof(std::uint32_t) || !all.starts_with(magic)) {
        return fail(ErrorCode::corrupt, "what is there is no checkpoint");
    }
    const std::string_view covered = all.substr(0, all.size() - sizeof(std::uint32_t));
    if (ByteReader(all.substr(covered.size())).get<std::uint32_t>() != crc32c(covered)) {
        return fail(ErrorCode::corrupt, "the checkpoint does not match its checksum");
    }
    return ByteReader(covered.substr(magic.size()));
}

}  // namespace cellmon
