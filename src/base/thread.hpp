#pragma once

#include <chrono>
#include <stop_token>
#include <string_view>

namespace cellmon {

/// Names the calling thread for top, gdb, perf and /proc/PID/task/TID/comm. Linux keeps 15 bytes;
/// the rest is cut.
void set_thread_name(std::string_view name);

/// Lets the threads that an answer waits for go before the calling one, which only follows the
/// journal: while there is not enough CPU for all it gets about a tenth of what each of them gets,
/// and one that wakes up takes its place sooner.
void step_back();

/// Returns after `duration`, or at once when a stop is requested.
void rest(std::chrono::microseconds duration, const std::stop_token& stop);

}  // namespace cellmon
