#pragma once

#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "io/file_system.hpp"
#include "privacy/class_consents.hpp"
#include "server/local_copy.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Keeps what classes say of consent as the database has it, and a file of it for a start without
/// the database. Any thread; calls block.
class ConsentWatch {
  public:
    struct Dependencies {
        sql::Database& database;
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
    };

    /// `path`: of the file.
    ConsentWatch(std::string path, Dependencies dependencies)
        : dependencies_(dependencies),
          file_(std::move(path), "what classes say of consent", privacy::text_of_consents({}),
                {dependencies.files, dependencies.clock, dependencies.log}) {}

    /// What the file says; without one no class is known to lower anything. With a damaged one
    /// nothing is known until the database has answered.
    void recall();

    /// Asks the database. While it is away what is known stays.
    void refresh();

    [[nodiscard]] const privacy::ClassConsents& consents() const { return consents_; }

  private:
    const Dependencies dependencies_;
    LocalCopy file_;
    privacy::ClassConsents consents_;
    std::mutex mutex_;  ///< What was read later is not replaced by what was read earlier.
};

}  // namespace cellmon::server
