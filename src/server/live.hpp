#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "http/io_threads.hpp"
#include "live/live_service.hpp"
#include "projection/entry_source.hpp"
#include "push/hub.hpp"
#include "server/settings.hpp"

namespace cellmon::server {

/// The live state over `source`, restored and not yet started. It goes by `settings`, now and at
/// each change; `settings` must be stopped before it goes.
Result<std::unique_ptr<live::LiveService>> make_live_service(
    const config::Config& config, SettingsWatch& settings,
    std::unique_ptr<projection::EntrySource> source, const std::string& checkpoint_path,
    live::LiveService::Dependencies dependencies);

/// Who sends its pictures out. `threads` must outlive it.
[[nodiscard]] std::unique_ptr<push::Hub> make_hub(const config::Config& config,
                                                  const live::LiveService& live,
                                                  http::IoThreads& threads);

}  // namespace cellmon::server
