#include "server/live.hpp"

#include <utility>

namespace cellmon::server {

Result<std::unique_ptr<live::LiveService>> make_live_service(
    const config::Config& config, SettingsWatch& settings,
    std::unique_ptr<projection::EntrySource> source, const std::string& checkpoint_path,
    live::LiveService::Dependencies dependencies) {
    live::LiveOptions options = config.live;
    options.thresholds = thresholds_of(config.live.thresholds, settings.current());
    CELLMON_TRY_ASSIGN(auto live, live::LiveService::open(options, std::move(source),
                                                          checkpoint_path, dependencies));
    settings.on_change(
        [&live = *live, base = config.live.thresholds](const classroom::AlertSettings& chosen) {
            live.set_thresholds(thresholds_of(base, chosen));
        });
    return live;
}

std::unique_ptr<push::Hub> make_hub(const config::Config& config, const live::LiveService& live,
                                    http::IoThreads& threads) {
    return std::make_unique<push::Hub>(
        config.live_queue, live.picture(),
        push::Hub::Dependencies{threads.size(), [&threads](unsigned thread, http::Task task) {
                                    threads.post(thread, std::move(task));
                                }});
}

}  // namespace cellmon::server
