#pragma once

// How tables lie in a part: docs/formats/backup.md, "Tables of PostgreSQL".

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::backup {

inline constexpr std::string_view kTablesMagic = "CMONTAB1";

enum class FrameKind : std::uint8_t {
    end = 0,      ///< Nothing follows.
    table = 1,    ///< Name and columns of the table whose rows follow.
    rows = 2,     ///< Bytes of COPY in its text format.
    counter = 3,  ///< Table, column, and the number that its counter gives next.
};

/// A frame: its kind, and up to three texts.
struct RowFrame {
    FrameKind kind = FrameKind::end;
    std::string first;
    std::string second;
    std::string third;
};

[[nodiscard]] std::string bytes_of(const RowFrame& frame);

/// Puts frames together again from pieces of any size.
class FrameReader {
  public:
    void add(std::span<const std::byte> bytes);

    /// The next frame; false: more bytes are needed. ErrorCode::corrupt for what is no frame.
    Result<bool> next(RowFrame& frame);

    [[nodiscard]] bool ended() const { return ended_; }

  private:
    std::string bytes_;
    std::size_t at_ = 0;
    bool begun_ = false;
    bool ended_ = false;
};

}  // namespace cellmon::backup
