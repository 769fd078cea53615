#pragma once

#include <mutex>
#include <string>

#include "auth/key_ring.hpp"
#include "base/clock.hpp"
#include "io/file_system.hpp"
#include "server/local_copy.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"

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
        : dependencies_(dependencies),
          file_(std::move(path), "class keys", auth::text_of_keys({}),
                {dependencies.files, dependencies.clock, dependencies.log}) {}

    /// What the file says. One that cannot be read is said in the log and not used.
    void recall();

    /// Asks the database. While it is away what is known stays.
    void refresh();

    [[nodiscard]] const auth::KeyRing& ring() const { return ring_; }

  private:
    const Dependencies dependencies_;
    LocalCopy file_;
    auth::KeyRing ring_;
    std::mutex mutex_;  ///< What was read later is not replaced by what was read earlier.
};

}  // namespace cellmon::server
