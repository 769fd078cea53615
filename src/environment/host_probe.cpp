#include "environment/host_probe.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include <sys/wait.h>

#include "io/child_process.hpp"

namespace cellmon::environment {
namespace {

constexpr std::size_t kMostAnswerBytes = 4U << 20U;

/// Runs on any Python from 3.8 on, with its standard library alone; `packaging` comes with pip.
constexpr std::string_view kScript = R"py(
import json, os, platform, resource, shutil, sys
from importlib import metadata

packages, requirements = {}, []
for found in metadata.distributions():
    name = found.metadata["Name"]
    if not name:
        continue
    packages.setdefault(name, {"name": name, "version": found.version, "location": str(found.locate_file(""))})
    requirements += [(name, found.version, one) for one in found.requires or []]

conflicts = []
try:
    try:
        from packaging.requirements import Requirement
    except ImportError:
        from pip._vendor.packaging.requirements import Requirement
    import re
    def key(name):
        return re.sub(r"[-_.]+", "-", name).lower()
    versions = {key(name): one["version"] for name, one in packages.items()}
    for name, version, text in requirements:
        try:
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": ""}):
                continue
            has = versions.get(key(needed.name))
            if has is None:
                conflicts.append(f"{name} {version} requires {needed.name}, which is not installed")
            elif not needed.specifier.contains(has, prereleases=True):
                conflicts.append(f"{name} {version} requires {needed.name}{needed.specifier}, but {has} is installed")
        except Exception:
            continue
except ImportError:
    pass

def version_of(name):
    return packages.get(name, {}).get("version")

memory = None
try:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
except (ValueError, OSError):
    pass
json.dump({
    "python": {"version": platform.python_version(), "implementation": platform.python_implementation(),
               "executable": sys.executable, "conda_env": os.environ.get("CONDA_DEFAULT_ENV"),
               "virtual_env": sys.prefix if sys.prefix != sys.base_prefix else None, "pip_version": version_of("pip")},
    "platform": {"os_name": platform.system(), "os_version": platform.release(), "platform": platform.platform(),
                 "architecture": platform.machine(), "hostname": platform.node(), "cpu_count": os.cpu_count(),
                 "memory_total_gb": memory, "disk_free_gb": shutil.disk_usage("/").free / 2**30},
    "jupyter": {"jupyterlab_version": version_of("jupyterlab"), "jupyter_core_version": version_of("jupyter_core") or version_of("jupyter-core"),
                "ipython_version": version_of("ipython"), "extensions": sorted(name for name in packages if name.startswith("jupyterlab_"))},
    "packages": sorted(packages.values(), key=lambda one: one["name"].lower()),
    "conflicts": conflicts[:100],
    "memory_usage_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "cpu_usage_percent": min(100.0, 100 * os.getloadavg()[0] / (os.cpu_count() or 1)),
}, sys.stdout)
)py";

std::vector<std::string> child_environment() {
    std::vector<std::string> variables;
    for (const char* name :
         {"PATH", "HOME", "LANG", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"}) {
        // Nobody changes the environment of a running server.
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
        if (value != nullptr) variables.push_back(std::string(name) + '=' + value);
    }
    return variables;
}

}  // namespace

Result<HostProbe::Answer> HostProbe::ask(bool anew) {
    const std::lock_guard lock(mutex_);
    if (kept_ && !anew && clock_.steady_us() < kept_until_us_) return *kept_;
    CELLMON_TRY_ASSIGN(kept_, collect());
    kept_until_us_ = clock_.steady_us() + std::chrono::microseconds(options_.keep).count();
    return *kept_;
}

Result<HostProbe::Answer> HostProbe::collect() {
    const std::int64_t began_us = clock_.steady_us();
    io::ChildProcess process;
    process.program = options_.python;
    process.look_in_path = options_.python.find('/') == std::string::npos;
    process.arguments = {options_.python, "-c", std::string(kScript)};
    process.environment = child_environment();
    process.directory = "/";
    CELLMON_TRY_ASSIGN(const auto answer,
                       io::run_child(process, {options_.timeout, kMostAnswerBytes}, stopped_));
    if (!WIFEXITED(answer.status) || WEXITSTATUS(answer.status) != 0) {
        return fail(ErrorCode::unavailable,
                    options_.python + " does not run: is Python 3.8 or later installed?");
    }
    Answer kept;
    kept.report = parse_report(answer.said);
    if (kept.report.python_version.empty()) {
        return fail(ErrorCode::unavailable, options_.python + " says nothing of itself");
    }
    kept.json = answer.said;
    kept.captured_us = clock_.now_us();
    kept.collection_ms = static_cast<double>(clock_.steady_us() - began_us) / 1'000;
    return kept;
}

}  // namespace cellmon::environment
