#pragma once

#include <memory>
#include <vector>

#include "audit/audit.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"

namespace cellmon::server {

/// An audit for each store that the configuration names; they only read.
Result<std::vector<std::unique_ptr<audit::Audit>>> make_audits(const config::Config& config,
                                                               const journal::Journal& journal,
                                                               io::FileSystem& files);

}  // namespace cellmon::server
