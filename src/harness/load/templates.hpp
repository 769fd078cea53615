#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "harness/classroom/classroom.hpp"
#include "harness/ledger/event_content.hpp"

namespace cellmon::harness {

/// Events by number, made fast: events from all over a class, their JSON with the id and the time
/// written anew.
/// Event n of a plan is always the same event, so that a run can be gone on with. They carry no
/// stream numbers.
class EventTemplates {
  public:
    static constexpr std::size_t kMaxTemplates = 2'048;
    static constexpr std::uint64_t kEventsAMillisecond = 200;

    explicit EventTemplates(const ClassPlan& plan);

    [[nodiscard]] Id128 id(std::uint64_t number) const;
    /// From the start of the plan, in whole milliseconds. So many events share one that, up to
    /// 200,000 events/s, none lies in the future when it is sent, and those of a later run are
    /// later.
    [[nodiscard]] TimeUs time_us(std::uint64_t number) const {
        return start_us_ + static_cast<TimeUs>(number / kEventsAMillisecond) * 1'000;
    }
    [[nodiscard]] EventContent content(std::uint64_t number) const;
    void append_json(std::string& into, std::uint64_t number) const;

  private:
    struct Template {
        std::string json;
        std::size_t id_at = 0;    ///< Where the 36 characters of the id begin,
        std::size_t time_at = 0;  ///< and the 24 of the time.
        EventContent content;
    };

    [[nodiscard]] const Template& of(std::uint64_t number) const {
        return templates_[number % templates_.size()];
    }

    std::vector<Template> templates_;
    std::uint64_t id_seed_;
    TimeUs start_us_;
};

}  // namespace cellmon::harness
