#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/grafana/client.hpp"
#include "harness/report/run_report.hpp"

namespace cellmon::harness::grafana {

/// A time in a run that dashboards show.
struct Mark {
    std::string key;   ///< Unique within the run, so that it is found again: "phase 2.1".
    std::string kind;  ///< The tag that the dashboards ask for: "phase" or "fault".
    std::string text;
    TimeUs from = 0;
    TimeUs to = 0;
};

/// A mark for each phase that was run, and for each fault in it.
[[nodiscard]] std::vector<Mark> marks_of(const report::RunReport& report);

/// How a run's marks are found: plan and begin.
[[nodiscard]] std::string run_tag_of(const report::RunReport& report);

struct Annotated {
    std::size_t made = 0;
    std::size_t updated = 0;
    std::size_t unchanged = 0;
};

/// Makes an annotation of each mark; one that this run has already is changed only where it
/// differs. Errors as those of set_up().
Result<Annotated> annotate(Client& client, std::string_view run_tag,
                           const std::vector<Mark>& marks);

}  // namespace cellmon::harness::grafana
