#pragma once

#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "io/file_system.hpp"
#include "privacy/class_consents.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"
#include "telemetry/say_once.hpp"

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
        : path_(std::move(path)),
          dependencies_(dependencies),
          unwritten_(dependencies.log, dependencies.clock, telemetry::LogLevel::warn) {}

    /// What the file says; without one no class is known to lower anything. With a damaged one
    /// nothing is known until the database has answered.
    void recall();

    /// Asks the database. While it is away what is known stays.
    void refresh();

    [[nodiscard]] const privacy::ClassConsents& consents() const { return consents_; }

  private:
    void write(std::string text);

    const std::string path_;
    const Dependencies dependencies_;
    telemetry::SayOnce unwritten_;
    privacy::ClassConsents consents_;
    std::mutex mutex_;  ///< What was read later is not replaced by what was read earlier.
    std::string written_ = privacy::text_of_consents({});  ///< What the file holds.
};

}  // namespace cellmon::server
