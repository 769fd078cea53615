#pragma once

#include <array>
#include <bitset>
#include <string_view>

#include "base/result.hpp"
#include "sinks/redis/link.hpp"

namespace cellmon::redis {

/// The channels of docs/reference/redis.md.
inline constexpr std::array<std::string_view, 5> kChannels{
    "progress_events", "notifications", "dashboard_updates", "help_requests", "error_alerts"};

/// Which channels somebody listens to at this moment. An event makes two or three messages, and
/// with no one there they would be most of what it costs. Who subscribed before an event was
/// posted is counted, because the question is asked after it.
class Audience {
  public:
    /// As if somebody listened to every channel.
    static Audience everybody();

    /// Adds the questions to the pipeline: `PUBSUB NUMSUB`, `PUBSUB NUMPAT` and `ROLE`.
    static void ask(Link& link);

    /// Takes the replies. Where subscribers cannot be counted, they are everybody: patterns, a
    /// replica (which has subscribers of its own), a user who may not ask. Errors: those of the
    /// connection.
    static Result<Audience> take(Link& link);

    [[nodiscard]] bool hears(std::string_view channel) const;
    [[nodiscard]] bool is_empty() const { return channels_.none(); }

  private:
    std::bitset<kChannels.size()> channels_;  ///< In the order of kChannels.
};

}  // namespace cellmon::redis
