#pragma once

#include <string_view>

namespace cellmon {

/// Names the calling thread for top, gdb, perf and /proc/PID/task/TID/comm. Linux keeps 15 bytes;
/// the rest is cut.
void set_thread_name(std::string_view name);

}  // namespace cellmon
