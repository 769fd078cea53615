#include "server/live.hpp"

#include "server/source.hpp"

namespace cellmon::server {

Result<std::unique_ptr<live::LiveService>> make_live_service(
    const config::Config& config, const live::Thresholds& thresholds,
    const std::string& checkpoint_path, const journal::Journal& journal,
    live::LiveService::Dependencies dependencies) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, dependencies.files));
    live::LiveOptions options = config.live;
    options.thresholds = thresholds;
    return live::LiveService::open(options, std::move(source), checkpoint_path, dependencies);
}

}  // namespace cellmon::server
