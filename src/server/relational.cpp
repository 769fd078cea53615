#include "server/relational.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "server/source.hpp"
#include "sinks/relational/relational_sink.hpp"
#include "sinks/sqlite/store.hpp"

namespace cellmon::server {

namespace {

std::string file_of(const config::Config& config) {
    return config.data_directory + "/relational.db";
}

}  // namespace

Result<std::unique_ptr<projection::ProjectionRunner>> make_relational_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    projection::RunnerLimits limits = config.projection;
    limits.first_batch_entries = std::min(limits.first_batch_entries, limits.batch_entries);
    relational::SinkOptions options = config.relational;
    options.significant_errors = config.error_threshold;
    auto sink = std::make_unique<relational::RelationalSink>(
        sqlite::make_store(files, file_of(config), config.sqlite), options);
    return std::make_unique<projection::ProjectionRunner>(std::move(source), std::move(sink), clock,
                                                          std::make_unique<SystemRandom>(), limits);
}

Result<std::unique_ptr<relational::StoredCheck>> make_stored_check(const config::Config& config,
                                                                   const journal::Journal& journal,
                                                                   io::FileSystem& files) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    sqlite::ConnectionOptions options;
    options.read_only = true;
    // Rows are read once, in their order; only the upper pages of the index of ids are worth
    // keeping.
    options.cache_bytes = 2LL << 20;
    return std::make_unique<relational::StoredCheck>(
        sqlite::make_store(files, file_of(config), options), std::move(source));
}

}  // namespace cellmon::server
