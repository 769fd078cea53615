#pragma once

#include <vector>

#include <toml++/toml.h>

#include "base/result.hpp"
#include "harness/plan/builtin_plans.hpp"

namespace cellmon::harness::plan {

/// Fills a plan with what the plan that it `extends` says and it does not, and takes `extends` and
/// `leave_out` out of it; a plan without `extends` stays as it is. Nodes keep the places where they
/// were written. `bases`: the plans that may be extended. ErrorCode::invalid with file, line, key
/// and reason.
Result<void> fill_from_base(toml::table& plan,
                            const std::vector<BuiltinPlan>& bases = builtin_plans());

}  // namespace cellmon::harness::plan
