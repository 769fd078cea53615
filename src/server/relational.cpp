#include "server/relational.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "server/source.hpp"
#include "sinks/sqlite/sqlite_sink.hpp"

namespace cellmon::server {

namespace {

constexpr const char* kFile = "/relational.db";

}  // namespace

Result<std::unique_ptr<projection::ProjectionRunner>> make_relational_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    projection::RunnerLimits limits = config.projection;
    limits.first_batch_entries = std::min(limits.first_batch_entries, limits.batch_entries);
    sqlite::SinkOptions options = config.sqlite;
    options.path = config.data_directory + kFile;
    options.significant_errors = config.error_threshold;
    return std::make_unique<projection::ProjectionRunner>(
        std::move(source), std::make_unique<sqlite::SqliteSink>(files, std::move(options)), clock,
        std::make_unique<SystemRandom>(), limits);
}

Result<std::unique_ptr<sqlite::StoredCheck>> make_stored_check(const config::Config& config,
                                                               const journal::Journal& journal,
                                                               io::FileSystem& files) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    return std::make_unique<sqlite::StoredCheck>(config.data_directory + kFile, std::move(source));
}

}  // namespace cellmon::server
