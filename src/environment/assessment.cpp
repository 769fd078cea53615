#include "environment/assessment.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace cellmon::environment {
namespace {

/// When the maintenance of a Python ends (devguide.python.org/versions).
struct EndOfLife {
    int minor;
    std::string_view date;
};
constexpr std::array kEndsOfLife = std::to_array<EndOfLife>({
    {6, "2021-12-23"},
    {7, "2023-06-27"},
    {8, "2024-10-07"},
    {9, "2025-10-31"},
    {10, "2026-10-31"},
    {11, "2027-10-31"},
    {12, "2028-10-31"},
    {13, "2029-10-31"},
    {14, "2030-10-31"},
});

constexpr std::array kKeyPackages = std::to_array<std::string_view>(
    {"numpy", "pandas", "matplotlib", "scipy", "scikit-learn", "seaborn", "torch", "tensorflow",
     "jupyterlab", "notebook", "ipykernel", "ipython", "requests", "pip"});

std::optional<std::string_view> end_of_life(const PythonVersion& version) {
    if (version.major != 3) return std::nullopt;
    const auto* found = std::find_if(kEndsOfLife.begin(), kEndsOfLife.end(),
                                     [&](const auto& one) { return one.minor == version.minor; });
    if (found == kEndsOfLife.end()) return std::nullopt;
    return found->date;
}

TimeUs time_of(std::string_view date) {
    return parse_time(std::string(date) + "T00:00:00Z").value_or(0);
}

/// Below the oldest that is listed nothing is maintained; above the newest it is not known.
bool is_maintained(const PythonVersion& version, TimeUs now) {
    if (version.major < 3) return false;
    if (const auto end = end_of_life(version)) return now < time_of(*end);
    return version.major > 3 || version.minor > kEndsOfLife.back().minor;
}

/// 1 up to `good`, 0 from `bad` on, a line between.
double falling(double value, double good, double bad) {
    return std::clamp((bad - value) / (bad - good), 0.0, 1.0);
}

/// What the least version of a package is for another one.
struct Companion {
    std::string_view package;
    int major;  ///< From this version of it on …
    std::string_view needs;
    PythonVersion least;  ///< … the other must have at least this.
};
// As the packages themselves declare it (pyproject.toml of JupyterLab 4, Notebook 7, ipykernel 6).
constexpr std::array kCompanions = std::to_array<Companion>({
    {"jupyterlab", 4, "ipykernel", {6, 5, 0}},
    {"jupyterlab", 4, "jupyter-server", {2, 4, 0}},
    {"notebook", 7, "jupyterlab", {4, 0, 0}},
    {"ipykernel", 6, "ipython", {7, 23, 1}},
});

const Package* find(const Report& report, std::string_view name) {
    const auto found = report.packages.find(name);
    return found == report.packages.end() ? nullptr : &found->second;
}

void add_field(Difference& difference, std::string_view field, const std::string& before,
               const std::string& after) {
    if (before != after) difference.fields.push_back({field, before, after});
}

}  // namespace

Difference difference(const Report& before, const Report& after) {
    Difference result;
    auto old_one = before.packages.begin();
    auto new_one = after.packages.begin();
    while (old_one != before.packages.end() || new_one != after.packages.end()) {
        if (new_one == after.packages.end() ||
            (old_one != before.packages.end() && old_one->first < new_one->first)) {
            result.packages.push_back(
                {old_one->second.name, old_one->second.version, std::nullopt});
            ++old_one;
        } else if (old_one == before.packages.end() || new_one->first < old_one->first) {
            result.packages.push_back(
                {new_one->second.name, std::nullopt, new_one->second.version});
            ++new_one;
        } else {
            if (old_one->second.version != new_one->second.version) {
                result.packages.push_back(
                    {new_one->second.name, old_one->second.version, new_one->second.version});
            }
            ++old_one;
            ++new_one;
        }
    }
    add_field(result, "python_version", before.python_version, after.python_version);
    add_field(result, "python_implementation", before.python_implementation,
              after.python_implementation);
    add_field(result, "python_executable", before.python_executable.value_or(""),
              after.python_executable.value_or(""));
    add_field(result, "virtual_env", before.virtual_env.value_or(""),
              after.virtual_env.value_or(""));
    add_field(result, "conda_env", before.conda_env.value_or(""), after.conda_env.value_or(""));
    add_field(result, "os_name", before.os_name, after.os_name);
    add_field(result, "os_version", before.os_version, after.os_version);
    add_field(result, "platform", before.platform, after.platform);
    add_field(result, "architecture", before.architecture, after.architecture);
    return result;
}

Health health_of(const Report& report, TimeUs now) {
    constexpr PythonVersion kOld{3, 8, 0};
    constexpr PythonVersion kNew{3, 10, 0};
    constexpr double kMuchMemory_mb = 1'000;
    constexpr double kMuchCpu_percent = 80;
    constexpr std::size_t kManyPackages = 500;
    Health health;
    // In tenths, so that what is 0.9 is 0.9.
    int tenths = 10;
    const PythonVersion version = python_version(report.python_version);
    if (version < kNew) {
        tenths -= version < kOld ? 3 : 1;
        health.recommendations.emplace_back(
            "Python 3.10 以降に更新してください / Update Python to 3.10 or later");
    }
    if (!is_maintained(version, now)) {
        health.warnings.push_back(
            report.python_version.empty()
                ? "Python のバージョンが不明です / The version of Python is not known"
                : fmt::format("Python {0} の保守は終了しています / Python {0} is not maintained "
                              "any more",
                              report.python_version));
    }
    if (report.memory_usage_mb.value_or(0) > kMuchMemory_mb) {
        tenths -= 2;
        health.warnings.push_back(
            fmt::format("メモリ使用量が多い: {0:.0f} MB / Much memory is in use: {0:.0f} MB",
                        *report.memory_usage_mb));
        health.recommendations.emplace_back(
            "使っていないカーネルを終了してください / Shut down kernels that are not in use");
    }
    if (report.cpu_usage_percent.value_or(0) > kMuchCpu_percent) {
        tenths -= 1;
        health.warnings.push_back(fmt::format(
            "CPU 使用率が高い: {0:.0f} % / The CPU is busy: {0:.0f} %", *report.cpu_usage_percent));
    }
    if (report.packages.size() > kManyPackages) {
        tenths -= 1;
        health.recommendations.push_back(
            fmt::format("パッケージが {0} 個あります。仮想環境を分けてください / There are {0} "
                        "packages: use separate virtual environments",
                        report.packages.size()));
    }
    for (const std::string& conflict : report.conflicts)
        health.warnings.push_back(conflict);
    health.score = static_cast<double>(tenths) / 10;
    health.level = tenths >= 9   ? "excellent"
                   : tenths >= 7 ? "good"
                   : tenths >= 5 ? "warning"
                                 : "critical";
    return health;
}

Analysis analysis_of(const Report& report, TimeUs now) {
    constexpr TimeUs kYear_us = TimeUs{365} * 86'400 * 1'000'000;
    Analysis analysis;
    const PythonVersion version = python_version(report.python_version);
    analysis.is_supported = is_maintained(version, now);
    if (const auto end = end_of_life(version)) {
        analysis.eol_date = std::string(*end);
        if (now > time_of(*end) - kYear_us) analysis.python_version_score = 0.75;
    }
    if (!analysis.is_supported) analysis.python_version_score = 0.5;
    analysis.memory_efficiency = falling(report.memory_usage_mb.value_or(0), 200, 2'000);
    analysis.package_optimization =
        falling(static_cast<double>(report.packages.size()), 200, 1'000);
    analysis.package_conflicts = report.conflicts;
    for (const Companion& one : kCompanions) {
        const Package* package = find(report, one.package);
        const Package* other = find(report, one.needs);
        if (package == nullptr || other == nullptr) continue;
        if (python_version(package->version).major < one.major ||
            python_version(other->version) >= one.least) {
            continue;
        }
        analysis.jupyter_is_compatible = false;
        analysis.recommended.push_back(
            {std::string(one.needs), other->version,
             fmt::format("{}.{}.{}", one.least.major, one.least.minor, one.least.patch)});
    }
    const std::size_t faults = analysis.package_conflicts.size() + analysis.recommended.size();
    analysis.overall_score =
        std::max(0.0, (analysis.python_version_score + analysis.memory_efficiency +
                       analysis.package_optimization) /
                              3 -
                          0.1 * static_cast<double>(faults));
    analysis.summary = fmt::format(
        "Python {0}、パッケージ {1} 個、問題 {2} 件 / Python {0}, {1} packages, {2} faults",
        report.python_version.empty() ? "?" : report.python_version, report.packages.size(),
        faults);
    return analysis;
}

std::vector<const Package*> key_packages(const Report& report) {
    std::vector<const Package*> found;
    for (const std::string_view name : kKeyPackages) {
        if (const Package* package = find(report, name)) found.push_back(package);
    }
    return found;
}

}  // namespace cellmon::environment
