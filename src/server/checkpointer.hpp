#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "delivery/delivery.hpp"
#include "io/file_system.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Writes the checkpoint of the delivery state from time to time and at the end, so that a start
/// folds only what is behind it.
class Checkpointer {
  public:
    Checkpointer(delivery::Delivery& delivery, io::FileSystem& files, std::string path,
                 std::chrono::milliseconds interval, telemetry::Log& log);
    ~Checkpointer();

  private:
    void run(const std::stop_token& stop);
    void write_if_changed();

    delivery::Delivery& delivery_;
    io::FileSystem& files_;
    std::string path_;
    std::chrono::milliseconds interval_;
    telemetry::Log& log_;
    std::uint64_t written_sequence_ = 0;
    bool failing_ = false;
    std::jthread thread_;
};

}  // namespace cellmon::server
