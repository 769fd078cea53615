#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "projection/entry_source.hpp"
#include "sinks/relational/store.hpp"
#include "sql/connection.hpp"

// Where the configuration says that something of a person may lie.
namespace cellmon::erasure {

/// One answer of PostgreSQL may take as long: a table is written anew.
inline constexpr std::chrono::milliseconds kTableTimeout = std::chrono::hours(1);

[[nodiscard]] std::unique_ptr<relational::Store> relational_store(const config::Config& config,
                                                                  io::FileSystem& files,
                                                                  bool read_only = false);

/// The classroom's database, its schema as it is; nullptr when there is none yet.
Result<std::unique_ptr<sql::Connection>> classroom_connection(const config::Config& config,
                                                              io::FileSystem& files);

/// The same, its schema brought up to this program's: a restore leaves the one that the rows had.
Result<std::unique_ptr<sql::Connection>> current_classroom(const config::Config& config,
                                                           io::FileSystem& files,
                                                           const Clock& clock);

/// The journal's entries, as far as they may be read now.
Result<std::unique_ptr<projection::EntrySource>> journal_source(const config::Config& config,
                                                                io::FileSystem& files);

[[nodiscard]] std::string journal_directory(const config::Config& config);

}  // namespace cellmon::erasure
