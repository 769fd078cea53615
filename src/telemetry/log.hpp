#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace cellmon::telemetry {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
enum class LogFormat : std::uint8_t {
    text,  ///< `2026-11-23T17:44:13.660Z info    message`
    json,  ///< `{"time":"…","level":"info","message":"…"}`, an object a line.
};

struct LogOptions {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
};

/// The program's log: lines on standard error, or to a function. Passed by reference; any thread.
class Log {
  public:
    explicit Log(LogOptions options);

    /// Each line, with its newline, goes to `sink` instead; calls do not overlap.
    Log(LogOptions options, std::function<void(std::string_view)> sink);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }
    void write(LogLevel level, std::string_view message);

    template <typename... Args>
    void debug(fmt::format_string<Args...> format, Args&&... args) {
        put(LogLevel::debug, format, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void info(fmt::format_string<Args...> format, Args&&... args) {
        put(LogLevel::info, format, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void warn(fmt::format_string<Args...> format, Args&&... args) {
        put(LogLevel::warn, format, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void error(fmt::format_string<Args...> format, Args&&... args) {
        put(LogLevel::error, format, std::forward<Args>(args)...);
    }

  private:
    template <typename... Args>
    void put(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
        if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
    }

    class Impl;
    LogLevel level_;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::telemetry
