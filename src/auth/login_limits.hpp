#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cellmon::auth {

/// So many in a row, then one for each `window` divided by `count`.
struct Rate {
    unsigned count = 1;
    std::chrono::milliseconds window{60'000};
};

/// How often each key may try (the generic cell rate algorithm: one time for each key). The keys
/// that were used longest ago are forgotten when there are too many. Any thread. Held in memory: a
/// restart forgives, and whoever can restart the server needs no password.
class RateLimit {
  public:
    static constexpr std::size_t kMostKeys = 10'000;

    explicit RateLimit(Rate rate, std::size_t most_keys = kMostKeys);

    /// Takes one try; 0 when it was allowed, else how long to wait (microseconds, above 0).
    std::int64_t take(std::string_view key, std::int64_t now_us);

    /// Gives a try back, as if it had not been taken.
    void give_back(std::string_view key);

    /// Forgets the key: all its tries are free again.
    void clear(std::string_view key);

    [[nodiscard]] std::size_t keys() const;

  private:
    struct Entry {
        std::string key;
        std::int64_t free_at_us = 0;  ///< When all of its tries are free.
    };
    using Entries = std::list<Entry>;

    const std::int64_t step_us_;   ///< What one try costs.
    const std::int64_t burst_us_;  ///< How far `free_at_us` may lie ahead.
    const std::size_t most_keys_;
    mutable std::mutex mutex_;
    Entries entries_;                                                 ///< The latest used first.
    std::unordered_map<std::string_view, Entries::iterator> by_key_;  ///< Views into `entries_`.
};

}  // namespace cellmon::auth
