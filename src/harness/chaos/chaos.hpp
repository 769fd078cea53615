#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/chaos/handle.hpp"
#include "harness/chaos/timeline.hpp"

namespace cellmon::harness::chaos {

/// Something that was done, or could not be.
struct Deed {
    TimeUs at = 0;
    double at_s = 0;  ///< From the start of the timeline.
    std::string action;
    std::string target;
    bool done = false;
    std::string text;  ///< What was done, or why not.
};

/// Does what a timeline says to the targets that it knows, and undoes all of it at its end, also
/// when an error or an exception ends it. One thread.
class Chaos {
  public:
    explicit Chaos(const Clock& clock) : clock_(clock) {}
    ~Chaos() { restore(); }
    Chaos(const Chaos&) = delete;
    Chaos& operator=(const Chaos&) = delete;

    /// A target may have several: a process, a gate in front of it, its disk, its clock.
    void add(const std::string& target, std::unique_ptr<Handle> handle);

    /// ErrorCode::invalid for a step whose target is not known or does not take its action.
    [[nodiscard]] Result<void> check(const Timeline& timeline) const;

    Deed act(const Step& step);

    /// Undoes what is not undone, the last first. A deed for each that had to be.
    std::vector<Deed> restore();

    struct Watch {
        std::function<bool()> stop;             ///< Asked about twenty times a second.
        std::function<void(const Deed&)> tell;  ///< Called behind each deed.
        double least_s = 0;                     ///< It lasts so long, also behind the last step.
    };
    /// Plays the timeline to its end, or until `stop`, and restores. False when something could not
    /// be done or undone.
    bool play(const Timeline& timeline, const Watch& watch);

  private:
    struct Entry {
        std::string target;
        std::unique_ptr<Handle> handle;
    };
    [[nodiscard]] Handle* handle_of(const Step& step) const;

    const Clock& clock_;
    std::vector<Entry> entries_;
    std::int64_t began_us_ = 0;
};

}  // namespace cellmon::harness::chaos
