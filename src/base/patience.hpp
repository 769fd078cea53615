#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>

#include "base/result.hpp"

namespace cellmon {

/// How long to wait, and for what: `interrupted`, when it is set, ends every wait soon.
struct Patience {
    std::chrono::milliseconds timeout{3'000};
    std::shared_ptr<const std::atomic<bool>> interrupted;

    [[nodiscard]] bool is_interrupted() const { return interrupted != nullptr && *interrupted; }
};

using Deadline = std::chrono::steady_clock::time_point;

/// When a wait that begins now is over.
[[nodiscard]] Deadline deadline_of(const Patience& patience);

/// Waits for poll's `events` on a socket that blocks in no call. False when the time is over, the
/// wait was interrupted or the socket is broken.
[[nodiscard]] bool wait_for_socket(int socket, short events, Deadline deadline,
                                   const Patience& patience);

/// Of such a wait that came to nothing: unavailable, or cancelled when it was interrupted.
[[nodiscard]] Error no_answer(std::string_view what, const Patience& patience);

}  // namespace cellmon
