#include "server/audits.hpp"

#include <utility>

#include "server/relational.hpp"
#include "server/source.hpp"
#include "sinks/influxdb/audited_points.hpp"
#include "sinks/redis/audited_stream.hpp"

namespace cellmon::server {

Result<std::vector<std::unique_ptr<audit::Audit>>> make_audits(const config::Config& config,
                                                               const journal::Journal& journal,
                                                               io::FileSystem& files) {
    std::vector<std::unique_ptr<audit::Audit>> audits;
    const auto add = [&](std::unique_ptr<audit::AuditedStore> store) -> Result<void> {
        CELLMON_TRY_ASSIGN(auto source, open_source(journal, files));
        audits.push_back(std::make_unique<audit::Audit>(std::move(store), std::move(source)));
        return {};
    };
    CELLMON_TRY(add(make_audited_rows(config, files)));
    if (!config.influx.url.empty()) {
        CELLMON_TRY(add(std::make_unique<influxdb::AuditedPoints>(
            config.influx, files, config.data_directory + "/timeseries.state")));
    }
    if (!config.redis.url.empty()) {
        CELLMON_TRY(add(std::make_unique<redis::AuditedStream>(config.redis)));
    }
    return audits;
}

}  // namespace cellmon::server
