#include "server/retention.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "retention/cutoff.hpp"
#include "sinks/influxdb/class_activity.hpp"
#include "sinks/influxdb/kept_from.hpp"
#include "sinks/influxdb/old_points.hpp"
#include "sinks/influxdb/points_by_day.hpp"

namespace cellmon::server {
namespace {

std::string timeseries_state(const config::Config& config) {
    return config.data_directory + "/timeseries.state";
}

/// Counts points, and deletes the old ones; on the thread of the schedule, but for interrupt().
class OldPoints {
  public:
    OldPoints(const config::Config& config, io::FileSystem& files)
        : options_(config.influx), state_path_(timeseries_state(config)), files_(files) {}

    /// Those that an earlier call was to delete as well: a batch that was under way then may have
    /// written some.
    Result<std::optional<TimeUs>> remove(std::optional<TimeUs> before_us) {
        // First of all: an audit is to miss nothing that goes now.
        if (before_us) {
            CELLMON_TRY(influxdb::raise_kept_from(files_, state_path_, *before_us));
        }
        CELLMON_TRY_ASSIGN(const TimeUs kept_from_us,
                           influxdb::read_kept_from(files_, state_path_));
        if (kept_from_us == influxdb::kKeptForEver) return std::nullopt;
        influxdb::Connection connection(options_, interrupter_);
        CELLMON_TRY(influxdb::delete_points_before(connection, kept_from_us));
        return std::optional(kept_from_us);
    }

    Result<retention::PointsByDay> count() {
        influxdb::Connection connection(options_, interrupter_);
        return influxdb::points_by_day(connection);
    }

    void interrupt() { interrupter_.interrupt(); }

  private:
    const influxdb::ConnectionOptions options_;
    const std::string state_path_;
    io::FileSystem& files_;
    influxdb::Interrupter interrupter_;
};

bool deletes_points(const config::Config& config) {
    return config.retention.of_points() && !config.influx.url.empty();
}

}  // namespace

Result<void> note_kept_points(const config::Config& config, io::FileSystem& files,
                              const Clock& clock) {
    // From when on there were not too many, the file says already.
    if (!deletes_points(config) || config.retention.timeseries_days == 0) return {};
    return influxdb::raise_kept_from(
        files, timeseries_state(config),
        retention::cutoff_us(config.retention.timeseries_days, clock.now_us()));
}

retention::FoldedThrough folded_through(const projection::ProjectionStatus& status) {
    std::uint64_t sequence = status.cursor.sequence;
    // Its fold begins again with the range of sequences that it was in.
    if (status.name == "timeseries") sequence -= std::min(sequence, influxdb::kActivityRange);
    return {"the projection " + status.name, sequence};
}

std::unique_ptr<retention::Schedule> make_retention(const config::Config& config,
                                                    io::FileSystem& files, const Clock& clock,
                                                    telemetry::Log& log,
                                                    retention::FoldedEverywhere folded) {
    if (!config.retention.of_payloads() && !deletes_points(config)) return nullptr;
    retention::Schedule::Dependencies dependencies{files, clock, log, std::move(folded),
                                                   {},    {},    {}};
    if (deletes_points(config)) {
        const auto points = std::make_shared<OldPoints>(config, files);
        dependencies.delete_points = [points](std::optional<TimeUs> before_us) {
            return points->remove(before_us);
        };
        dependencies.count_points = [points] { return points->count(); };
        dependencies.interrupt = [points] { points->interrupt(); };
    }
    return std::make_unique<retention::Schedule>(config.retention, config.data_directory,
                                                 std::move(dependencies));
}

}  // namespace cellmon::server
