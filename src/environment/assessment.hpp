#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "environment/report.hpp"

namespace cellmon::environment {

// What reports come to: their differences, how healthy they are (contract §3.12), what fits
// together. Sentences for people are in Japanese and English.

struct PackageChange {
    std::string name;
    std::optional<std::string> old_version;  ///< nullopt: it was added.
    std::optional<std::string> new_version;  ///< nullopt: it was removed.
};

/// A field besides the packages.
struct FieldChange {
    std::string_view field;
    std::string old_value;
    std::string new_value;
};

struct Difference {
    std::vector<PackageChange> packages;  ///< By name.
    std::vector<FieldChange> fields;

    [[nodiscard]] bool any() const { return !packages.empty() || !fields.empty(); }
};

[[nodiscard]] Difference difference(const Report& before, const Report& after);

struct Health {
    double score = 1;
    std::string_view level;  ///< `excellent`, `good`, `warning` or `critical`.
    std::vector<std::string> recommendations;
    std::vector<std::string> warnings;
};

/// 1, less 0.3 for a Python before 3.8 or unknown, 0.1 for 3.8 and 3.9, 0.2 for more than 1,000 MB
/// in use, 0.1 for more than 80 % CPU, 0.1 for more than 500 packages; levels begin at 0.9, 0.7 and
/// 0.5. Unmet requirements and a Python that is no longer maintained are warnings.
[[nodiscard]] Health health_of(const Report& report, TimeUs now);

struct Analysis {
    // Each from 0 to 1.
    double python_version_score = 1;  ///< 0.5 when it is not maintained, 0.75 in its last year.
    double memory_efficiency = 1;     ///< 1 up to 200 MB, down to 0 at 2,000 MB.
    double package_optimization = 1;  ///< 1 up to 200 packages, down to 0 at 1,000.

    bool is_supported = true;
    std::optional<std::string> eol_date;  ///< nullopt: not known of this version.
    std::vector<std::string> package_conflicts;
    bool jupyter_is_compatible = true;
    std::vector<PackageChange> recommended;  ///< Name, the version now, the one to have at least.
    double overall_score = 1;  ///< The mean of the scores, less 0.1 for each fault, at least 0.
    std::string summary;
};
[[nodiscard]] Analysis analysis_of(const Report& report, TimeUs now);

/// Of the packages, those that a class asks for most.
[[nodiscard]] std::vector<const Package*> key_packages(const Report& report);

}  // namespace cellmon::environment
