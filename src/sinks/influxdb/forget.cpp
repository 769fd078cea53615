#include "sinks/influxdb/forget.hpp"

#include <string>

#include <fmt/format.h>

#include "sinks/influxdb/class_activity.hpp"
#include "sinks/influxdb/marks.hpp"
#include "sinks/influxdb/progress_point.hpp"
#include "sinks/influxdb/query_result.hpp"

namespace cellmon::influxdb {

Result<void> forget_points(Connection& connection) {
    for (const std::string_view measurement : {kProgress, kActivity, kMarks}) {
        CELLMON_TRY_ASSIGN(Answer answer,
                           connection.query(fmt::format("DROP MEASUREMENT \"{}\"", measurement)));
        // To drop takes an admin (InfluxDB 1.x); to delete, who may write.
        if (answer.status == 403) {
            CELLMON_TRY_ASSIGN(answer,
                               connection.query(fmt::format("DELETE FROM \"{}\"", measurement)));
        }
        const std::string error = error_of(answer);
        // Neither a measurement nor a database that is not there needs to go.
        if (error.empty() || error.find("not found") != std::string::npos) continue;
        return fail(ErrorCode::unavailable,
                    fmt::format("InfluxDB does not drop {}: {}", measurement, error));
    }
    return {};
}

}  // namespace cellmon::influxdb
