#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"
#include "projection/runner.hpp"
#include "sinks/relational/stored_check.hpp"

namespace cellmon::server {

/// The relational projection into DATA/relational.db, running.
Result<std::unique_ptr<projection::ProjectionRunner>> make_relational_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock);

/// The comparison of DATA/relational.db with the journal.
Result<std::unique_ptr<relational::StoredCheck>> make_stored_check(const config::Config& config,
                                                                   const journal::Journal& journal,
                                                                   io::FileSystem& files);

}  // namespace cellmon::server
