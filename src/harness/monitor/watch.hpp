#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.hpp"

namespace cellmon::harness::monitor {

/// A part of the system under test, and how its process is found: by one of the three.
struct Watch {
    std::string name;
    pid_t pid = 0;
    std::uint16_t port = 0;  ///< Found again when another process listens there later.
    std::string command;     ///< A piece of the command line.

    /// Each from `NAME=VALUE`; ErrorCode::invalid for anything else.
    static Result<Watch> by_pid(std::string_view text);
    static Result<Watch> by_port(std::string_view text);
    static Result<Watch> by_command(std::string_view text);
};

}  // namespace cellmon::harness::monitor
