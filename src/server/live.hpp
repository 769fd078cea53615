#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "journal/journal.hpp"
#include "live/live_service.hpp"

namespace cellmon::server {

/// The live state over a journal of this process, restored and not yet started. The journal must
/// outlive its thread (LiveService::stop).
Result<std::unique_ptr<live::LiveService>> make_live_service(
    const config::Config& config, const live::Thresholds& thresholds,
    const std::string& checkpoint_path, const journal::Journal& journal,
    live::LiveService::Dependencies dependencies);

}  // namespace cellmon::server
