#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/chaos/process.hpp"

namespace cellmon::harness::chaos {

/// A small file system in memory that nobody but its own processes sees: a tmpfs in a mount
/// namespace, which a process of ours holds open. It ends with this object.
class SmallDisk {
  public:
    /// At `folder`, which is made. ErrorCode::unavailable when the machine gives no mount
    /// namespace, with its reason.
    static Result<std::unique_ptr<SmallDisk>> create(const std::string& folder,
                                                     std::uint64_t bytes);

    /// In front of a command that shall live on it.
    [[nodiscard]] std::vector<std::string> enter() const;
    /// A path on it as this program sees it.
    [[nodiscard]] std::string seen(const std::string& path) const;

  private:
    explicit SmallDisk(ProcessSpec holder) : holder_(std::move(holder)) {}

    mutable Process holder_;
};

}  // namespace cellmon::harness::chaos
