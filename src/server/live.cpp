#include "server/live.hpp"

#include "projection/journal_source.hpp"

namespace cellmon::server {

Result<std::unique_ptr<live::LiveService>> make_live_service(
    const config::Config& config, const std::string& checkpoint_path,
    const journal::Journal& journal, live::LiveService::Dependencies dependencies) {
    CELLMON_TRY_ASSIGN(auto reader, journal::Reader::open(dependencies.files, journal.directory(),
                                                          journal.visible_through()));
    const auto wait = [&journal](std::uint64_t sequence, std::chrono::milliseconds timeout,
                                 const std::stop_token& stop) {
        journal.wait_beyond(sequence, timeout, stop);
    };
    live::LiveOptions options = config.live;
    options.thresholds.significant_errors = config.error_threshold;
    return live::LiveService::open(options,
                                   std::make_unique<projection::JournalSource>(
                                       std::move(reader), journal.visible_through(), wait),
                                   checkpoint_path, dependencies);
}

}  // namespace cellmon::server
