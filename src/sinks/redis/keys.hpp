#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/id128.hpp"
#include "base/result.hpp"

namespace cellmon::redis {

/// Which history of which journal a stream holds.
struct History {
    Id128 journal_id;
    std::uint64_t epoch = 0;

    bool operator==(const History&) const = default;
};

/// Names the stream that counts now and who writes it (docs/reference/redis.md).
inline constexpr std::string_view kLeaderKey = "cellmon:leader";

/// `cellmon:events:<journal id>:<epoch>`
[[nodiscard]] std::string stream_key(const History& history);

/// `cellmon:live:<journal id>:<epoch>`: a checkpoint of the live state, from which a follower goes
/// on with the stream.
[[nodiscard]] std::string live_key(const History& history);

/// `cellmon:alive:<journal id>:<epoch>`: how the data stand, as the live socket says it. It goes
/// kAliveSeconds after the server last said something.
[[nodiscard]] std::string alive_key(const History& history);
inline constexpr std::string_view kAliveSeconds = "10";

/// `cellmon:erasures:<journal id>:<epoch>`: counts erasures of persons. Behind another number than
/// before a follower begins anew, with a picture that was made since.
[[nodiscard]] std::string erasures_key(const History& history);

/// What stands under kLeaderKey.
struct Leader {
    History history;
    std::string url;   ///< Of the server that writes; empty: not known yet.
    std::string host;  ///< The machine it runs on.

    // Which entries the stream must hold: the newest `events`, but none before `from`, because the
    // stream was shorter or younger until then.
    std::uint64_t events = 0;  ///< 0: an earlier program, which does not say it.
    std::uint64_t from = 0;

    bool operator==(const Leader&) const = default;
};

[[nodiscard]] std::string write_leader(const Leader& leader);

/// ErrorCode::mismatch for what is no such text.
[[nodiscard]] Result<Leader> read_leader(std::string_view text);

}  // namespace cellmon::redis
