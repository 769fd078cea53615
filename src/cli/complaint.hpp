#pragma once

#include <iostream>
#include <string_view>

#include "base/result.hpp"
#include "cli/exit_code.hpp"

namespace cellmon::cli {

/// Says on standard error why `command` ("plan compare") gave up, and returns its exit status.
inline int complain(std::string_view command, const Error& error) {
    std::cerr << "cellmon " << command << ": " << error.message << '\n';
    return error.code == ErrorCode::invalid ? kExitUsage : kExitEnvironment;
}

}  // namespace cellmon::cli
