#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// A fold of the journal that can be written down. Both are called by the checkpointer's thread.
struct Checkpointed {
    std::function<std::uint64_t()> sequence;  ///< How far a checkpoint would reach.
    std::function<Result<void>(io::FileSystem&, const std::string& path)> write;
};

/// Of any object with `sequence()` and `checkpoint(files, path)`; it must outlive the Checkpointer.
template <typename Fold>
[[nodiscard]] Checkpointed checkpointed(Fold& fold) {
    return {[&fold] { return fold.sequence(); },
            [&fold](io::FileSystem& files, const std::string& path) {
                return fold.checkpoint(files, path);
            }};
}

/// Writes the checkpoint of a fold from time to time and at the end, so that a start folds only
/// what is behind it.
class Checkpointer {
  public:
    Checkpointer(Checkpointed fold, io::FileSystem& files, std::string path,
                 std::chrono::milliseconds interval, telemetry::Log& log);
    ~Checkpointer();

    /// How far the checkpoint on the disk reaches at least; 0 until this object has written one.
    /// Any thread.
    [[nodiscard]] std::uint64_t written_sequence() const { return written_sequence_; }

  private:
    void run(const std::stop_token& stop);
    void write_if_changed();

    Checkpointed fold_;
    io::FileSystem& files_;
    std::string path_;
    std::chrono::milliseconds interval_;
    telemetry::Log& log_;
    std::atomic<std::uint64_t> written_sequence_ = 0;
    bool failing_ = false;
    std::jthread thread_;
};

}  // namespace cellmon::server
