#include "server/relational.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/random.hpp"
#include "server/projection_limits.hpp"
#include "server/projection_log.hpp"
#include "server/source.hpp"
#include "sinks/postgres/store.hpp"
#include "sinks/relational/audited_rows.hpp"
#include "sinks/relational/relational_sink.hpp"
#include "sinks/sqlite/store.hpp"

namespace cellmon::server {

namespace {

/// `sqlite` says how a file is opened; PostgreSQL is told what is the same for both.
std::unique_ptr<relational::Store> make_store(const config::Config& config, io::FileSystem& files,
                                              const sqlite::ConnectionOptions& sqlite,
                                              std::chrono::milliseconds timeout,
                                              postgres::LeadOptions lead = {}) {
    const std::string& url = config.classroom.postgres_url;
    if (url.empty()) {
        return sqlite::make_store(files, config.data_directory + "/relational.db", sqlite);
    }
    postgres::ConnectionOptions options;
    options.url = url;
    options.read_only = sqlite.read_only;
    options.timeout = timeout;
    options.lead = std::move(lead);
    return postgres::make_store(std::move(options));
}

/// Of a connection that reads rows once, in their order: only the upper pages of the index of ids
/// are worth keeping.
sqlite::ConnectionOptions reading_once() {
    sqlite::ConnectionOptions options;
    options.read_only = true;
    options.cache_bytes = 2LL << 20;
    return options;
}

}  // namespace

Result<std::unique_ptr<projection::ProjectionRunner>> make_relational_projection(
    const config::Config& config, const journal::Journal& journal, io::FileSystem& files,
    const Clock& clock, telemetry::Log& log) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    relational::SinkOptions options = config.relational;
    options.significant_errors = config.error_threshold;
    postgres::LeadOptions lead;
    lead.journal = journal.journal_id().to_string();
    lead.process = fmt::format("{:016x}", SystemRandom().u64());
    lead.silence = config.postgres_silence;
    projection::RunnerLimits limits = projection_limits(config);
    // Who is silent for longer is taken for dead by a successor.
    if (!config.classroom.postgres_url.empty()) {
        limits.idle_wait = std::min(limits.idle_wait, lead.silence / 3);
    }
    auto sink = std::make_unique<relational::RelationalSink>(
        make_store(config, files, config.sqlite, config.postgres_timeout, std::move(lead)),
        options);
    return std::make_unique<projection::ProjectionRunner>(std::move(source), std::move(sink), clock,
                                                          std::make_unique<SystemRandom>(), limits,
                                                          log_failures(log, clock));
}

Result<std::unique_ptr<relational::StoredCheck>> make_stored_check(const config::Config& config,
                                                                   const journal::Journal& journal,
                                                                   io::FileSystem& files) {
    CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
    return std::make_unique<relational::StoredCheck>(
        make_store(config, files, reading_once(), config.postgres_timeout), std::move(source));
}

std::unique_ptr<audit::AuditedStore> make_audited_rows(const config::Config& config,
                                                       io::FileSystem& files) {
    return std::make_unique<relational::AuditedRows>(
        make_store(config, files, reading_once(), config.postgres_timeout),
        config.relational.id_merge_interval);
}

std::unique_ptr<relational::Store> make_history_store(const config::Config& config,
                                                      io::FileSystem& files) {
    sqlite::ConnectionOptions options;
    options.read_only = true;
    // A reader of a write-ahead log waits for no writer; only another program that locks the whole
    // file can make it wait, and then the client had better ask again.
    options.busy_timeout_ms = 200;
    options.cache_bytes = 8LL << 20;
    return make_store(config, files, options, config.classroom.timeout);
}

}  // namespace cellmon::server
