#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "api/dashboard_json.hpp"
#include "api/worker.hpp"
#include "base/clock.hpp"
#include "live/picture.hpp"
#include "store/class_history.hpp"

namespace cellmon::api {

/// What the overview takes from the relational store: the chart, kept for a second and a half, and
/// the rows of the cells it shows, kept for as long as they are shown. Without a store the chart is
/// empty and the rows are unknown; the overview never fails for that (law 5). Any thread.
class OverviewHistory {
  public:
    static constexpr std::int64_t kFreshUs = 1'500'000;

    struct Parts {
        std::shared_ptr<const std::string> chart;  ///< As of chart_json; never null.
        std::shared_ptr<const CellRows> cells;     ///< Never null.
    };
    using Use = std::function<void(const Parts&)>;

    /// All must outlive the last call of a `Use`.
    OverviewHistory(store::ClassHistory& history, Worker& worker, const Clock& clock);

    /// Calls `use` once with what belongs to the picture: inside this call when nothing needs the
    /// store or the worker's queue is full, else on the worker.
    void get(store::TimeRange range, const live::PicturePtr& picture,
             std::uint32_t significant_errors, Use use);

  private:
    struct Chart {
        std::shared_ptr<const std::string> json;
        std::int64_t read_us = 0;  ///< Steady; 0: never.
    };

    [[nodiscard]] Chart& chart_of(store::TimeRange range) {
        return charts_[static_cast<std::size_t>(range)];
    }
    [[nodiscard]] Parts parts(store::TimeRange range);
    [[nodiscard]] bool fresh(store::TimeRange range);
    void read_chart(store::TimeRange range);
    void read_cells(const CellRows& wanted);

    store::ClassHistory& history_;
    Worker& worker_;
    const Clock& clock_;

    std::mutex mutex_;  // Held for pointers only.
    std::array<Chart, 3> charts_;
    std::shared_ptr<const CellRows> cells_;
};

}  // namespace cellmon::api
