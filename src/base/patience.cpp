#include "base/patience.hpp"

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace cellmon {
namespace {

/// Between two looks whether the wait was interrupted.
constexpr std::chrono::milliseconds kSlice{50};

}  // namespace

Deadline deadline_of(const Patience& patience) {
    return std::chrono::steady_clock::now() + patience.timeout;
}

bool wait_for_socket(int socket, short events, Deadline deadline, const Patience& patience) {
    while (true) {
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (socket < 0 || left.count() <= 0 || patience.is_interrupted()) return false;
        if (patience.interrupted != nullptr) left = std::min(left, kSlice);
        pollfd one{socket, events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(left.count()) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Error no_answer(std::string_view what, const Patience& patience) {
    if (patience.is_interrupted()) return {ErrorCode::cancelled, "the wait was ended"};
    return {ErrorCode::unavailable, std::string(what) + ": no answer in time"};
}

}  // namespace cellmon
