#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "harness/chaos/timeline.hpp"

namespace cellmon::harness::chaos {

/// What actions work on: a process, a gate, a disk, a clock. One thread.
class Handle {
  public:
    virtual ~Handle() = default;

    [[nodiscard]] virtual bool takes(Action action) const = 0;
    /// What was done, in words of a person.
    virtual Result<std::string> act(const Step& step) = 0;
    /// Undoes what act() did, all of it; nothing to undo is no error.
    virtual Result<void> restore() = 0;
    /// True while something that act() did is not undone.
    [[nodiscard]] virtual bool is_hurt() const = 0;
};

}  // namespace cellmon::harness::chaos
