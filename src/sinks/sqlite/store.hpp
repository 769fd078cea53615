#pragma once

#include <memory>
#include <string>

#include "io/file_system.hpp"
#include "sinks/relational/store.hpp"
#include "sinks/sqlite/database.hpp"

namespace cellmon::sqlite {

/// The rows in the file at `path`, whose folder exists. `files` must outlive it; the lock of a
/// rebuild is the file `path`.rebuild.
std::unique_ptr<relational::Store> make_store(io::FileSystem& files, std::string path,
                                              const ConnectionOptions& options);

}  // namespace cellmon::sqlite
