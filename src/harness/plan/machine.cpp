#include "harness/plan/machine.hpp"

#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "harness/monitor/proc_reader.hpp"

namespace cellmon::harness::plan {
namespace {

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("model name")) continue;
        const auto at = line.find(": ");
        if (at != std::string::npos) return line.substr(at + 2);
    }
    return {};
}

/// The type of the file system with the longest mount point that `folder` begins with.
std::string file_system_of(const std::string& folder) {
    std::ifstream file("/proc/mounts");
    std::string best;
    std::string type;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string device;
        std::string place;
        std::string kind;
        words >> device >> place >> kind;
        const bool below = place == "/" || folder == place || folder.starts_with(place + "/");
        if (below && place.size() >= best.size()) {
            best = place;
            type = kind;
        }
    }
    return type;
}

}  // namespace

report::Machine this_machine(const std::string& folder) {
    report::Machine machine;
    machine.cpu = cpu_model();
    machine.cores = std::thread::hardware_concurrency();
    if (const auto memory = monitor::ProcReader().host_memory())
        machine.memory_bytes = memory->total_bytes;
    utsname names{};
    if (::uname(&names) == 0) machine.kernel = fmt::format("{} {}", names.sysname, names.release);
    machine.file_system = file_system_of(folder);
    return machine;
}

}  // namespace cellmon::harness::plan
