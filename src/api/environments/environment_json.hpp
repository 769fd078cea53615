#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/environments/snapshots.hpp"
#include "environment/assessment.hpp"

namespace cellmon::api {

// The texts of environments (contract §3.12).

/// Snap.
[[nodiscard]] std::string environment_json(const EnvironmentPair& pair);

[[nodiscard]] std::string packages_json(std::span<const environment::Package* const> packages);

/// `python_version, platform, virtual_env, conda_env, has_psutil, has_pkg_resources`.
[[nodiscard]] std::string summary_json(const environment::Report& report);

[[nodiscard]] std::string difference_json(const environment::Difference& difference);
[[nodiscard]] std::string analysis_json(const environment::Report& report,
                                        const environment::Analysis& analysis);

/// What students have of these packages, by their names.
[[nodiscard]] std::string students_json(std::span<const store::EnvironmentReport> reports,
                                        std::span<const std::string> package_names);

}  // namespace cellmon::api
