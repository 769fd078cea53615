#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/clock.hpp"
#include "telemetry/log.hpp"

namespace cellmon::telemetry {

/// A message that may come thousands of times a second: said the first time, then at most once in
/// `interval_us`, with the number of times it was left out. One object a message. Any thread.
class SayOnce {
  public:
    SayOnce(Log& log, const Clock& clock, LogLevel level = LogLevel::warn,
            std::int64_t interval_us = 60'000'000);

    void say(std::string_view message);

  private:
    Log& log_;
    const Clock& clock_;
    const LogLevel level_;
    const std::int64_t interval_us_;
    std::mutex mutex_;
    bool said_ = false;
    std::int64_t said_us_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace cellmon::telemetry
