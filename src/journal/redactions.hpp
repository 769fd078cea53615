#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::journal {

/// The sequences whose payloads were blanked: the `redactions` file.
class Redactions {
  public:
    /// A missing file means none.
    static Result<Redactions> read(io::FileSystem& files, const std::string& directory);

    [[nodiscard]] bool contains(std::uint64_t sequence) const;
    [[nodiscard]] bool empty() const { return ranges_.empty(); }

    /// First and last both included.
    using Range = std::pair<std::uint64_t, std::uint64_t>;
    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

    /// Forgets everything from `sequence` on and makes that durable: a repair gives these sequences
    /// to other entries.
    Result<void> cut_from(std::uint64_t sequence, io::FileSystem& files,
                          const std::string& directory);

  private:
    std::vector<Range> ranges_;  // Sorted.
};

}  // namespace cellmon::journal
