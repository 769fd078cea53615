#pragma once

#include <memory>

#include "backup/schedule.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "journal/journal.hpp"

namespace cellmon::server {

/// The backups that this server makes by itself; null when its configuration names no folder.
Result<std::unique_ptr<backup::Schedule>> make_backups(
    const config::Config& config, const journal::Journal& journal,
    const backup::Schedule::Dependencies& dependencies);

}  // namespace cellmon::server
