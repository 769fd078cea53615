#include "cli/open_files.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

namespace cellmon::cli {

Result<void> allow_open_files(std::size_t connections, std::string_view what) {
    constexpr std::size_t kOthers = 64;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    const rlim_t wanted = connections + kOthers;
    if (limit.rlim_cur >= wanted) return {};
    limit.rlim_cur = std::min(limit.rlim_max, wanted);
    if (limit.rlim_cur < wanted || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return fail(ErrorCode::limit,
                    fmt::format("{} {} need {} open files, and {} are allowed (ulimit -Hn)",
                                connections, what, wanted, limit.rlim_max));
    }
    return {};
}

}  // namespace cellmon::cli
