#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/picture.hpp"
#include "store/class_history.hpp"

namespace cellmon::api {

// The texts of docs/reference/classroom-api.md, 3.10, 4.1 and 10: what existing dashboards read.

/// Rows in `cells` of the cells that are shown; without a value: not known (yet), null on the wire.
using CellRows = std::map<store::StudentCell, std::optional<std::int64_t>>;

/// The age of the last activity as dashboards read it: `12秒前`, `3分前`, `2時間前`, `4日前`,
/// `不明`.
[[nodiscard]] std::string age_text(TimeUs last_activity_us, TimeUs now);

/// The cells that the student is stuck on, newest first, ten at most.
[[nodiscard]] std::vector<live::ErrorCell> significant_cells(const live::StudentView& view);

/// `activityChart`.
[[nodiscard]] std::string chart_json(const std::vector<store::ActivityWindow>& windows);

struct OverviewParts {
    const live::Picture& picture;
    const CellRows& cells;
    std::string_view chart;  ///< As of chart_json.
    TimeUs now;
};

/// GET /dashboard/overview. Who asks for help comes first, the rest in the order first seen.
[[nodiscard]] std::string overview_json(const OverviewParts& parts);

/// GET /dashboard/students/{email}/activity.
[[nodiscard]] std::string activity_json(const live::StudentView& view,
                                        const store::StudentHistory& history, TimeUs now);

/// A session counts as active for so long behind its latest event.
inline constexpr TimeUs kSessionActiveUs = 300'000'000;

/// GET /dashboard/metrics.
[[nodiscard]] std::string metrics_json(std::string_view time_range, std::uint64_t students,
                                       std::uint64_t active_sessions, const store::Totals& totals,
                                       TimeUs now);

/// The message `progress_update` of the dashboard's socket: cumulative counts, the true status.
[[nodiscard]] std::string progress_update_json(const live::StudentView& view, TimeUs now);

/// The message `help_request` or `help_resolved`.
[[nodiscard]] std::string help_json(const live::StudentView& view, TimeUs now);

}  // namespace cellmon::api
