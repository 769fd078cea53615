#pragma once

#include <memory>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"
#include "projection/entry_source.hpp"

namespace cellmon::server {

/// The durable entries of a journal of this process, which must outlive every wait for one.
Result<std::unique_ptr<projection::EntrySource>> open_source(const journal::Journal& journal,
                                                             io::FileSystem& files);

}  // namespace cellmon::server
