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

  private:
    /// Sorted, first and last both included.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

}  // namespace cellmon::journal
