#pragma once

#include <string_view>

namespace cellmon {

/// Names the calling thread for top, gdb, perf and /proc/PID/task/TID/comm. Linux keeps 15 bytes;
/// the rest is cut.
void set_thread_name(std::string_view name);

/// Lets the threads that an answer waits for go before the calling one, which only follows the
/// journal: while there is not enough CPU for all it gets about a tenth of what each of them gets,
/// and one that wakes up takes its place sooner.
void step_back();

}  // namespace cellmon
