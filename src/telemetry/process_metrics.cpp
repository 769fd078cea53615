#include "telemetry/process_metrics.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <unistd.h>

namespace cellmon::telemetry {

namespace {

std::string text_of(const char* path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The fields of /proc/self/stat behind the command name, which may hold blanks and brackets.
/// proc(5) numbers the fields from 1; the first one here is number 3.
std::vector<double> stat_fields() {
    const std::string stat = text_of("/proc/self/stat");
    const auto bracket = stat.rfind(')');
    if (bracket == std::string::npos || bracket + 4 > stat.size()) return {};
    std::istringstream rest(stat.substr(bracket + 4));  // Behind the state letter, field 3.
    return {std::istream_iterator<double>(rest), {}};
}

double boot_time_s() {
    std::istringstream stat(text_of("/proc/stat"));
    std::string word;
    while (stat >> word) {
        double value = 0;
        if (word == "btime" && stat >> value) return value;
    }
    return 0;
}

double open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
    if (error) return 0;
    // The iterator itself holds one of them.
    return static_cast<double>(std::distance(begin(descriptors), end(descriptors))) - 1;
}

}  // namespace

std::vector<MetricFamily> process_metrics() {
    const auto fields = stat_fields();
    const auto field = [&](std::size_t number) {
        const std::size_t index = number - 4;
        return index < fields.size() ? fields[index] : 0.0;
    };
    const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    return {
        counter("process_cpu_seconds_total", "User and system CPU time of the process.",
                (field(14) + field(15)) / ticks_per_s),
        gauge("process_resident_memory_bytes", "Resident memory.", field(24) * page_bytes),
        gauge("process_open_fds", "Open file descriptors.", open_descriptors()),
        gauge("process_threads", "Threads.", field(20)),
        gauge("process_start_time_seconds", "Start of the process, seconds since the epoch.",
              boot_time_s() + field(22) / ticks_per_s),
    };
}

}  // namespace cellmon::telemetry
