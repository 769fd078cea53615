#pragma once

#include <mutex>
#include <string>

#include "auth/key_ring.hpp"
#include "base/clock.hpp"
#include "io/file_system.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"
#include "telemetry/say_once.hpp"

namespace cellmon::server {

/// Keeps the ring of class keys as the database has them, and a file of them for a start without
/// the database. Any thread; calls block.
class KeyWatch {
  public:
    struct Dependencies {
        sql::Database& database;
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
    };

    /// `path`: of the file.
    KeyWatch(std::string path, Dependencies dependencies)
        : path_(std::move(path)),
          dependencies_(dependencies),
          unwritten_(dependencies.log, dependencies.clock, telemetry::LogLevel::warn) {}

    /// What the file says. One that cannot be read is said in the log and not used.
    void recall();

    /// Asks the database. While it is away what is known stays.
    void refresh();

    [[nodiscard]] const auth::KeyRing& ring() const { return ring_; }

  private:
    void write(std::string text);

    const std::string path_;
    const Dependencies dependencies_;
    telemetry::SayOnce unwritten_;
    auth::KeyRing ring_;
    std::mutex mutex_;  ///< What was read later is not replaced by what was read earlier.
    std::string written_ = auth::text_of_keys({});  ///< What the file holds; no file says the same.
};

}  // namespace cellmon::server
