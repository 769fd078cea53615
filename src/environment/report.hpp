#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace cellmon::environment {

struct Package {
    std::string name;  ///< As it was said.
    std::string version;
    std::optional<std::string> location;

    bool operator==(const Package&) const = default;
};

/// By normal_name().
using Packages = std::map<std::string, Package, std::less<>>;

/// What is the same name to pip: small letters, one `-` for each run of `-`, `_` and `.` (PEP 503).
[[nodiscard]] std::string normal_name(std::string_view package);

/// A Python environment as somebody reported it; what they did not say is empty.
struct Report {
    std::string python_version;
    std::string python_implementation;
    std::optional<std::string> python_executable;
    std::optional<std::string> virtual_env;
    std::optional<std::string> conda_env;
    std::optional<std::string> pip_version;

    std::string os_name;
    std::string os_version;
    std::string platform;
    std::string architecture;
    std::optional<std::string> hostname;
    std::optional<std::int64_t> cpu_count;
    std::optional<double> memory_total_gb;
    std::optional<double> disk_free_gb;

    std::optional<std::string> jupyterlab_version;
    std::optional<std::string> jupyter_core_version;
    std::optional<std::string> ipython_version;
    std::optional<std::string> kernel_name;
    std::optional<std::string> kernel_id;
    std::vector<std::string> extensions;

    Packages packages;
    std::vector<std::string> conflicts;  ///< Requirements that are not met, as sentences.
    std::optional<double> memory_usage_mb;
    std::optional<double> cpu_usage_percent;
    std::optional<std::int64_t> execution_count;
};

/// Reads the `environment` of an event, which clients write in their own ways:
///
///     python    a version, or {version, implementation, executable, virtual_env, conda_env,
///               pip_version}; also as `python_env`, with the names of contract §3.12
///     platform  a text, or {os_name, os_version, platform, architecture, hostname, cpu_count,
///               memory_total_gb, disk_free_gb}; also as `system_env`
///     jupyter   {jupyterlab_version, …}; also as `jupyter_env`
///     packages  {name: version}, {name: {version, location}}, [{name, version, location}] or
///               ["name==version"]
///     conflicts, memory_usage_mb, cpu_usage_percent, execution_count
///
/// What does not fit is passed over. `packages` of one name: the last.
[[nodiscard]] Report read_report(simdjson::dom::element value);

/// The same of a text; an empty report for what is no JSON.
[[nodiscard]] Report parse_report(std::string_view json);

/// `3.11.2` as 3, 11, 2; missing or other parts are 0.
struct PythonVersion {
    int major = 0;
    int minor = 0;
    int patch = 0;

    auto operator<=>(const PythonVersion&) const = default;
};
[[nodiscard]] PythonVersion python_version(std::string_view text);

}  // namespace cellmon::environment
