#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "harness/sockets/live_order.hpp"

namespace cellmon::harness {

/// How a client behaves.
enum class Role : std::uint8_t {
    listening,       ///< Reads all, answers pings.
    deaf,            ///< Reads nothing behind the handshake and answers nothing; keeps the socket.
    resetting,       ///< As listening, then resets the connection.
    falling_silent,  ///< As listening, then as deaf.
};

/// What one client has seen.
struct ClientFigures {
    Role role = Role::listening;
    bool connected = false;       ///< The handshake was answered as it must be.
    bool alive = false;           ///< Open at the end of the run; of a listening client.
    std::uint64_t messages = 0;   ///< Text messages.
    std::uint64_t bytes = 0;      ///< All that came behind the handshake, heads of frames too.
    std::uint64_t snapshots = 0;  ///< This and the next five only with SocketOptions::follow_live.
    std::uint64_t deltas = 0;
    std::uint64_t sequence = 0;    ///< Of the last of them.
    std::uint64_t violations = 0;  ///< Messages out of order, and frames against the rules.
    std::uint64_t missed = 0;      ///< Gaps between its deltas.
    LiveGap first_missed;          ///< All zero without one.
    std::uint16_t close_code = 0;  ///< 1006: lost without one; 0: the server did not end it.
};

struct SocketFigures {
    std::vector<ClientFigures> clients;
    Histogram latency;            ///< From the `at` of a delta to its reception.
    std::string first_complaint;  ///< Empty, or what first went wrong, and where.
    double seconds = 0;           ///< From the last handshake to the end.
    /// Wall time when all who listen and were not lost had reached the goals; 0: not reached.
    std::int64_t reached_at_us = 0;
    bool goals_reached = true;  ///< By each who listens. True also without goals.

    /// All that must hold of a run: everybody connected, whoever listens is alive, nothing is
    /// missing, all is in order, the goals are reached.
    [[nodiscard]] bool hold() const;
};

/// Sums, and the least and greatest over the listening clients.
struct SocketTotals {
    struct Range {
        std::uint64_t least = 0;
        std::uint64_t greatest = 0;
    };
    std::uint64_t listening = 0;
    std::uint64_t connected = 0;
    std::uint64_t alive = 0;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t deltas = 0;
    std::uint64_t violations = 0;
    std::uint64_t missed = 0;
    Range messages_each;
    Range deltas_each;
    Range sequence_each;
};
[[nodiscard]] SocketTotals totals_of(const SocketFigures& figures);

/// An aligned table for a person.
[[nodiscard]] std::string table_of(const SocketFigures& figures);
/// The same as one JSON object, with an entry for each client.
[[nodiscard]] std::string json_of(const SocketFigures& figures);

}  // namespace cellmon::harness
