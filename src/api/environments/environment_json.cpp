#include "api/environments/environment_json.hpp"

#include "api/row_json.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

using environment::Package;
using environment::Report;

std::string package_json(const Package& package) {
    return RowJson()
        .text("name", package.name)
        .text("version", package.version)
        .put("location", package.location)
        .end();
}

std::string python_json(const Report& report) {
    return RowJson()
        .text("python_version", report.python_version)
        .text("python_implementation", report.python_implementation)
        .put("python_executable", report.python_executable)
        .put("virtual_env", report.virtual_env)
        .put("conda_env", report.conda_env)
        .put("pip_version", report.pip_version)
        .json("key_packages", packages_json(key_packages(report)))
        .put("total_packages_count", static_cast<std::int64_t>(report.packages.size()))
        .end();
}

std::string system_json(const Report& report) {
    return RowJson()
        .text("os_name", report.os_name)
        .text("os_version", report.os_version)
        .text("platform", report.platform)
        .text("architecture", report.architecture)
        .put("hostname", report.hostname)
        .put("cpu_count", report.cpu_count)
        .real("memory_total_gb", report.memory_total_gb)
        .real("disk_free_gb", report.disk_free_gb)
        .end();
}

std::string jupyter_json(const Report& report) {
    return RowJson()
        .put("jupyterlab_version", report.jupyterlab_version)
        .put("jupyter_core_version", report.jupyter_core_version)
        .put("ipython_version", report.ipython_version)
        .put("kernel_name", report.kernel_name)
        .put("kernel_id", report.kernel_id)
        .json("extensions", text_list(report.extensions))
        .end();
}

}  // namespace

std::string packages_json(std::span<const Package* const> packages) {
    std::vector<std::string> list;
    for (const Package* package : packages)
        list.push_back(package_json(*package));
    return json_list(list);
}

std::string environment_json(const EnvironmentPair& pair) {
    const EnvironmentSnapshot& snapshot = pair.current;
    const Report& report = snapshot.report;
    return RowJson()
        .text("snapshot_id", snapshot.snapshot_id)
        .offset_time("captured_at", snapshot.captured_us)
        .json("python_env", python_json(report))
        .json("system_env", system_json(report))
        .json("jupyter_env", jupyter_json(report))
        .put("notebook_path", snapshot.notebook_path)
        .put("cell_id", snapshot.cell_id)
        .put("execution_count", snapshot.execution_count)
        .real("memory_usage_mb", report.memory_usage_mb)
        .real("cpu_usage_percent", report.cpu_usage_percent)
        .truth("is_full_snapshot", !report.packages.empty())
        .json("changed_packages", text_list(pair.changed_packages()))
        .real("collection_duration_ms", snapshot.collection_ms)
        .end();
}

std::string summary_json(const Report& report) {
    const auto has = [&](std::string_view name) { return report.packages.contains(name); };
    return RowJson()
        .text("python_version", report.python_version)
        .text("platform", report.platform)
        .put("virtual_env", report.virtual_env)
        .put("conda_env", report.conda_env)
        .truth("has_psutil", has("psutil"))
        // A part of setuptools.
        .truth("has_pkg_resources", has("setuptools"))
        .end();
}

std::string difference_json(const environment::Difference& difference) {
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> updated;
    for (const environment::PackageChange& change : difference.packages) {
        auto& list = !change.old_version ? added : !change.new_version ? removed : updated;
        list.push_back(RowJson()
                           .text("name", change.name)
                           .put("old_version", change.old_version)
                           .put("new_version", change.new_version)
                           .end());
    }
    std::vector<std::string> fields;
    for (const environment::FieldChange& change : difference.fields) {
        fields.push_back(RowJson()
                             .text("field", change.field)
                             .text("old_value", change.old_value)
                             .text("new_value", change.new_value)
                             .end());
    }
    return RowJson()
        .json("added_packages", json_list(added))
        .json("removed_packages", json_list(removed))
        .json("updated_packages", json_list(updated))
        .json("changed_fields", json_list(fields))
        .end();
}

std::string analysis_json(const Report& report, const environment::Analysis& analysis) {
    RowJson versions;
    for (const environment::PackageChange& one : analysis.recommended)
        versions.put(one.name, one.new_version);
    return RowJson()
        .json("performance_indicators",
              RowJson()
                  .real("python_version_score", analysis.python_version_score)
                  .real("memory_efficiency", analysis.memory_efficiency)
                  .real("package_optimization", analysis.package_optimization)
                  .end())
        .json("compatibility_info",
              RowJson()
                  .json("python_compatibility",
                        RowJson()
                            .text("version", report.python_version)
                            .text("implementation", report.python_implementation)
                            .truth("is_supported", analysis.is_supported)
                            .put("eol_date", analysis.eol_date)
                            .end())
                  .json("package_conflicts", text_list(analysis.package_conflicts))
                  .json("jupyter_compatibility",
                        RowJson()
                            .put("jupyterlab_version", report.jupyterlab_version)
                            .put("ipython_version", report.ipython_version)
                            .truth("is_compatible", analysis.jupyter_is_compatible)
                            .json("recommended_versions", versions.end())
                            .end())
                  .end())
        .real("overall_score", analysis.overall_score)
        .text("analysis_summary", analysis.summary)
        .end();
}

std::string students_json(std::span<const store::EnvironmentReport> reports,
                          std::span<const std::string> package_names) {
    std::vector<std::string> list;
    for (const store::EnvironmentReport& one : reports) {
        const Report report = environment::parse_report(one.report);
        std::string packages = "{";
        for (const std::string& name : package_names) {
            if (packages.size() > 1) packages += ',';
            event::append_json_string(packages, name);
            packages += ':';
            const auto found = report.packages.find(environment::normal_name(name));
            if (found == report.packages.end()) {
                packages += "null";
            } else {
                event::append_json_string(packages, found->second.version);
            }
        }
        packages += '}';
        list.push_back(
            RowJson()
                .text("student", one.email)
                .text("snapshot_id", one.event_id.to_string())
                .offset_time("collected_at", one.at_us)
                .text("class_code", one.class_code)
                .text("python_version", report.python_version)
                .text("platform", report.platform)
                .json("packages", packages)
                .put("total_packages_count", static_cast<std::int64_t>(report.packages.size()))
                .end());
    }
    return json_list(list);
}

}  // namespace cellmon::api
