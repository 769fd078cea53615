#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Does the erasures that are asked for in the data folder, before anything of it is opened. The
/// log names none of the persons. One for which a store could not be reached is left, and the
/// server starts all the same.
Result<void> erase_before_start(const config::Config& config, io::FileSystem& files,
                                const Clock& clock, RandomSource& random, telemetry::Log& log);

/// Looks once a second whether somebody asks for an erasure, and asks the server to begin anew
/// then; the same when a store that was away when the server started answers again.
class ErasureWatch {
  public:
    /// `begin_anew` is called once, by the thread of this object.
    ErasureWatch(const config::Config& config, io::FileSystem& files, telemetry::Log& log,
                 std::function<void()> begin_anew);

  private:
    void run(const std::stop_token& stop);

    const config::Config& config_;
    io::FileSystem& files_;
    telemetry::Log& log_;
    const std::function<void()> begin_anew_;
    std::jthread thread_;
};

}  // namespace cellmon::server
