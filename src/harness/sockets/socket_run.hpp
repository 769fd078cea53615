#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "harness/sockets/figures.hpp"
#include "harness/sockets/handshake.hpp"

namespace cellmon::harness {

struct SocketOptions {
    std::size_t clients = 100;
    std::size_t deaf = 0;    ///< So many of them read nothing.
    std::size_t vanish = 0;  ///< So many leave without a word in the first half of the run: one in
                             ///< two resets its connection, the other reads and answers no more.
    std::int64_t duration_us = 60'000'000;  ///< The run is over then at the latest.

    // Goals of each client that listens; 0: none. The run ends when all have reached them.
    std::uint64_t messages = 0;  ///< Text messages received.
    std::uint64_t sequence = 0;  ///< Of the latest snapshot or delta.

    bool follow_live = false;  ///< Holds the messages against docs/reference/live.md.
    std::string samples;       ///< File for a line a snapshot or delta; empty: none.

    static constexpr std::size_t kMaxClients = 20'000;
    static constexpr std::size_t kOpeningAtOnce = 64;  ///< Handshakes under way.
    static constexpr std::int64_t kHandshakeUs = 10'000'000;
    static constexpr int kDeafReceiveBytes = 4'096;  ///< SO_RCVBUF of the deaf.

    /// ErrorCode::invalid, or nothing.
    [[nodiscard]] Result<void> check() const;
};

struct SocketProgress {
    double fraction = 0;  ///< Of the time.
    std::uint64_t open = 0;
    std::uint64_t messages = 0;
};

struct SocketContext {
    const Clock& clock;
    RandomSource& random;
    std::function<bool()> stop;                           ///< True ends the run.
    std::function<void(const SocketProgress&)> progress;  ///< Both about ten times a second.
};

/// Opens the connections, receives until the goals are reached or the time is over, and closes
/// them. What servers do wrong is in the figures; errors are those of this machine: too few file
/// descriptors, a file that cannot be written. One thread, one epoll.
Result<std::unique_ptr<SocketFigures>> run_sockets(const SocketTarget& target,
                                                   const SocketOptions& options,
                                                   const SocketContext& context);

}  // namespace cellmon::harness
