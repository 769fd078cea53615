#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::journal {

/// The sequences whose payloads were blanked: the `redactions` file.
class Redactions {
  public:
    /// First and last both included.
    using Range = std::pair<std::uint64_t, std::uint64_t>;

    /// A missing file means none.
    static Result<Redactions> read(io::FileSystem& files, const std::string& directory);

    /// Reads the text of such a file; errors name `path`.
    static Result<Redactions> parse(std::string_view text, const std::string& path);

    [[nodiscard]] bool contains(std::uint64_t sequence) const;
    [[nodiscard]] bool empty() const { return ranges_.empty(); }

    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

    /// Adds the ranges and makes that durable, before any payload of them is touched. They may be
    /// in any order and overlap.
    Result<void> add(const std::vector<Range>& ranges, io::FileSystem& files,
                     const std::string& directory);

    /// Forgets everything from `sequence` on and makes that durable: a repair gives these sequences
    /// to other entries.
    Result<void> cut_from(std::uint64_t sequence, io::FileSystem& files,
                          const std::string& directory);

  private:
    Result<void> write(std::vector<Range> ranges, io::FileSystem& files,
                       const std::string& directory);

    std::vector<Range> ranges_;  // Sorted.
};

}  // namespace cellmon::journal
