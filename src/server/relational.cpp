#include "server/relational.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "projection/journal_source.hpp"
#include "sinks/sqlite/sqlite_sink.hpp"

namespace cellmon::server {

Result<std::unique_ptr<projection::ProjectionRunner>> make_relational_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock) {
    CELLMON_TRY_ASSIGN(
        auto reader, journal::Reader::open(files, journal.directory(), journal.visible_through()));
    const auto wait = [&journal](std::uint64_t sequence, std::chrono::milliseconds timeout,
                                 const std::stop_token& stop) {
        journal.wait_beyond(sequence, timeout, stop);
    };
    projection::RunnerLimits limits = config.projection;
    limits.first_batch_entries = std::min(limits.first_batch_entries, limits.batch_entries);
    sqlite::SinkOptions options = config.sqlite;
    options.path = config.data_directory + "/relational.db";
    options.significant_errors = config.error_threshold;
    return std::make_unique<projection::ProjectionRunner>(
        std::make_unique<projection::JournalSource>(std::move(reader), journal.visible_through(),
                                                    wait),
        std::make_unique<sqlite::SqliteSink>(files, std::move(options)), clock,
        std::make_unique<SystemRandom>(), limits);
}

}  // namespace cellmon::server
