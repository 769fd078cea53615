#pragma once

namespace cellmon::detail {

/// Prints the failed condition with its place and aborts. Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace cellmon::detail

/// A programmer error when `condition` is false: the process ends at once, in release builds too,
/// because a server in an impossible state must not acknowledge anything more.
#define CELLMON_ASSERT(condition) \
    (static_cast<bool>(condition) \
         ? static_cast<void>(0)   \
         : ::cellmon::detail::assertion_failed(#condition, __FILE__, __LINE__))
