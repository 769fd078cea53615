#pragma once

#include <string>

#include "harness/report/run_report.hpp"

namespace cellmon::harness::plan {

/// The machine that this program runs on; `folder` lies on the file system that is named.
[[nodiscard]] report::Machine this_machine(const std::string& folder);

}  // namespace cellmon::harness::plan
