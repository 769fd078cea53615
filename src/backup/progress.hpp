#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "base/result.hpp"

namespace cellmon::backup {

/// Bytes done so far, and bytes there are to do; the second may still grow.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// What long work tells others, and hears from them.
struct Work {
    Progress progress;     ///< May be empty.
    std::stop_token stop;  ///< Asked for: the work ends soon, with ErrorCode::cancelled.
    std::uint64_t done = 0;
    std::uint64_t total = 0;

    Result<void> add(std::uint64_t bytes) {
        done += bytes;
        if (progress) progress(done, done > total ? done : total);
        if (stop.stop_requested()) return fail(ErrorCode::cancelled, "it was stopped on request");
        return {};
    }
};

}  // namespace cellmon::backup
