#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/classroom/classroom.hpp"

namespace cellmon::cli {

/// The option `--error-rate` of commands that play a class, a fraction. `plan` must outlive the
/// parsing.
inline void add_error_rate(CLI::App& command, harness::ClassPlan& plan) {
    const double most = harness::ClassPlan::kMaxErrorsPerMille / 1'000.0;
    command
        .add_option_function<double>(
            "--error-rate",
            [&plan](double share) {
                plan.errors_per_mille = static_cast<std::uint32_t>(std::lround(share * 1'000));
            },
            "Share of the class's executions that fail")
        ->check(CLI::Range(0.0, most))
        ->default_str(fmt::format("{:g}", plan.errors_per_mille / 1'000.0));
}

}  // namespace cellmon::cli
