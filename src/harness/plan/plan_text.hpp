#pragma once

#include <string>

#include "harness/plan/plan.hpp"

namespace cellmon::harness::plan {

/// What a plan says, for a person, in Japanese and English: each phase with its numbers, its faults
/// and its limits.
[[nodiscard]] std::string text_of(const Plan& plan);
/// The same as one JSON object.
[[nodiscard]] std::string json_of(const Plan& plan);

}  // namespace cellmon::harness::plan
