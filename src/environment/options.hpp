#pragma once

#include <chrono>
#include <string>

namespace cellmon::environment {

/// Named limits; each has a line in docs/reference/configuration.md.
struct HostProbeOptions {
    std::string python = "python3";  ///< Looked for in PATH when it has no slash.
    std::chrono::milliseconds timeout{20'000};
    std::chrono::milliseconds keep{60'000};  ///< How long an answer is good.
};

}  // namespace cellmon::environment
