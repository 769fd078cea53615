#pragma once

#include <optional>
#include <string_view>

namespace cellmon::harness {

/// The sum of the samples of `name` in Prometheus' text format, of those alone whose labels hold
/// `label`, like `class="5xx"`, where one is given. nullopt when there is no such sample.
[[nodiscard]] std::optional<double> metric_sum(std::string_view text, std::string_view name,
                                               std::string_view label = {});

}  // namespace cellmon::harness
