#include "environment/report.hpp"

#include <array>
#include <charconv>

namespace cellmon::environment {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::optional<std::string> text_of(object from, std::string_view name) {
    std::string_view text;
    if (from[name].get(text) != simdjson::SUCCESS || text.empty()) return std::nullopt;
    return std::string(text);
}

std::optional<double> real_of(object from, std::string_view name) {
    double number = 0;
    if (from[name].get(number) != simdjson::SUCCESS) return std::nullopt;
    return number;
}

std::optional<std::int64_t> integer_of(object from, std::string_view name) {
    std::int64_t number = 0;
    if (from[name].get(number) != simdjson::SUCCESS) return std::nullopt;
    return number;
}

std::vector<std::string> texts_of(object from, std::string_view name) {
    std::vector<std::string> texts;
    simdjson::dom::array list;
    if (from[name].get(list) != simdjson::SUCCESS) return texts;
    for (const element item : list) {
        std::string_view text;
        if (item.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
    }
    return texts;
}

/// The first of these fields that is an object.
std::optional<object> part_of(object from, std::string_view name, std::string_view other) {
    object found;
    if (from[name].get(found) == simdjson::SUCCESS) return found;
    if (from[other].get(found) == simdjson::SUCCESS) return found;
    return std::nullopt;
}

void read_python(object from, Report& report) {
    if (const auto version = text_of(from, "python")) report.python_version = *version;
    const auto python = part_of(from, "python", "python_env");
    if (!python) return;
    auto version = text_of(*python, "version");
    if (!version) version = text_of(*python, "python_version");
    report.python_version = version.value_or("");
    auto implementation = text_of(*python, "implementation");
    if (!implementation) implementation = text_of(*python, "python_implementation");
    report.python_implementation = implementation.value_or("");
    report.python_executable = text_of(*python, "executable");
    if (!report.python_executable) report.python_executable = text_of(*python, "python_executable");
    report.virtual_env = text_of(*python, "virtual_env");
    report.conda_env = text_of(*python, "conda_env");
    report.pip_version = text_of(*python, "pip_version");
}

void read_system(object from, Report& report) {
    if (const auto platform = text_of(from, "platform")) report.platform = *platform;
    const auto system = part_of(from, "platform", "system_env");
    if (!system) return;
    report.os_name = text_of(*system, "os_name").value_or("");
    report.os_version = text_of(*system, "os_version").value_or("");
    report.platform = text_of(*system, "platform").value_or("");
    report.architecture = text_of(*system, "architecture").value_or("");
    report.hostname = text_of(*system, "hostname");
    report.cpu_count = integer_of(*system, "cpu_count");
    report.memory_total_gb = real_of(*system, "memory_total_gb");
    report.disk_free_gb = real_of(*system, "disk_free_gb");
}

void read_jupyter(object from, Report& report) {
    const auto jupyter = part_of(from, "jupyter", "jupyter_env");
    if (!jupyter) return;
    report.jupyterlab_version = text_of(*jupyter, "jupyterlab_version");
    report.jupyter_core_version = text_of(*jupyter, "jupyter_core_version");
    report.ipython_version = text_of(*jupyter, "ipython_version");
    report.kernel_name = text_of(*jupyter, "kernel_name");
    report.kernel_id = text_of(*jupyter, "kernel_id");
    report.extensions = texts_of(*jupyter, "extensions");
}

void add_package(Report& report, std::string_view name, std::string_view version,
                 std::optional<std::string> location) {
    if (name.empty()) return;
    report.packages.insert_or_assign(
        normal_name(name), Package{std::string(name), std::string(version), std::move(location)});
}

void add_package(Report& report, std::string_view name, element value) {
    std::string_view version;
    object fields;
    if (value.get(version) == simdjson::SUCCESS) {
        add_package(report, name, version, std::nullopt);
    } else if (value.get(fields) == simdjson::SUCCESS) {
        add_package(report, name, text_of(fields, "version").value_or(""),
                    text_of(fields, "location"));
    }
}

void read_packages(object from, Report& report) {
    object by_name;
    if (from["packages"].get(by_name) == simdjson::SUCCESS) {
        for (const auto field : by_name)
            add_package(report, field.key, field.value);
        return;
    }
    simdjson::dom::array list;
    if (from["packages"].get(list) != simdjson::SUCCESS) return;
    for (const element item : list) {
        object fields;
        std::string_view text;
        if (item.get(fields) == simdjson::SUCCESS) {
            if (const auto name = text_of(fields, "name")) add_package(report, *name, item);
        } else if (item.get(text) == simdjson::SUCCESS) {
            const auto equals = text.find("==");
            const bool has_version = equals != std::string_view::npos;
            add_package(report, text.substr(0, equals),
                        has_version ? text.substr(equals + 2) : std::string_view(), std::nullopt);
        }
    }
}

}  // namespace

std::string normal_name(std::string_view package) {
    std::string name;
    for (const char c : package) {
        if (c == '-' || c == '_' || c == '.') {
            if (name.empty() || name.back() != '-') name += '-';
        } else {
            name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return name;
}

Report read_report(element value) {
    Report report;
    object from;
    if (value.get(from) != simdjson::SUCCESS) return report;
    read_python(from, report);
    read_system(from, report);
    read_jupyter(from, report);
    read_packages(from, report);
    report.conflicts = texts_of(from, "conflicts");
    report.memory_usage_mb = real_of(from, "memory_usage_mb");
    report.cpu_usage_percent = real_of(from, "cpu_usage_percent");
    report.execution_count = integer_of(from, "execution_count");
    // Who lists packages has said these as well.
    const auto version_of = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = report.packages.find(name);
        if (found == report.packages.end() || found->second.version.empty()) return std::nullopt;
        return found->second.version;
    };
    if (!report.jupyterlab_version) report.jupyterlab_version = version_of("jupyterlab");
    if (!report.jupyter_core_version) report.jupyter_core_version = version_of("jupyter-core");
    if (!report.ipython_version) report.ipython_version = version_of("ipython");
    if (!report.pip_version) report.pip_version = version_of("pip");
    return report;
}

Report parse_report(std::string_view json) {
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return {};
    return read_report(root);
}

PythonVersion python_version(std::string_view text) {
    std::array<int, 3> parts{};
    for (int& part : parts) {
        const char* end = text.data() + text.size();
        const auto [behind, error] = std::from_chars(text.data(), end, part);
        if (error != std::errc()) part = 0;
        if (error != std::errc() || behind == end || *behind != '.') break;
        text.remove_prefix(static_cast<std::size_t>(behind - text.data()) + 1);
    }
    return {parts[0], parts[1], parts[2]};
}

}  // namespace cellmon::environment
