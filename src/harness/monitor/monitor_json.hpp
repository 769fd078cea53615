#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/monitor/run_summary.hpp"

namespace cellmon::harness::monitor {

/// One object: each metric by its name, null where it could not be read, and why in `unavailable`;
/// `troubles`: what is wrong apart from metrics and thresholds.
[[nodiscard]] std::string json_of(const Sample& sample, const Health& health);

/// What a run has come to.
[[nodiscard]] std::string summary_json(const RunSummary& run);

struct LoadTest {
    std::string name;
    std::string expected_load;  ///< In the words of who runs it; a number stays one.
    double seconds = 0;
};
/// With the names of docs/reference/requirements.md, section 3.1.
[[nodiscard]] std::string load_test_json(const LoadTest& test, const RunSummary& run);

/// A run that goes on: `summary`, and the `report` of a load test.
[[nodiscard]] std::string running_json(const RunSummary& run, const std::optional<LoadTest>& test);

}  // namespace cellmon::harness::monitor
