#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "api/dashboard_json.hpp"
#include "api/worker.hpp"
#include "base/clock.hpp"
#include "live/picture.hpp"
#include "live/sight.hpp"
#include "store/class_history.hpp"

namespace cellmon::api {

/// What the overview takes from the relational store: the chart, kept for a second and a half for
/// all who may see the same, and the rows of the cells it shows, kept for as long as they are
/// shown. Without a store the chart is empty and the rows are unknown; the overview never fails for
/// that (law 5). Any thread.
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

    struct Wanted {
        store::TimeRange range = store::TimeRange::hour;
        live::PicturePtr picture;  ///< As the viewer sees it.
        live::SightPtr sight;      ///< Its classes are those of the chart; null: all.
    };

    /// Calls `use` once with what is wanted: inside this call when nothing needs the store or the
    /// worker's queue is full, else on the worker.
    void get(const Wanted& wanted, Use use);

  private:
    struct Chart {
        std::shared_ptr<const std::string> json;
        std::int64_t read_us = 0;  ///< Steady.
    };
    /// The range, and the sight; none: of all.
    using Key = std::pair<store::TimeRange, std::optional<std::uint64_t>>;

    [[nodiscard]] static Key key_of(const Wanted& wanted);
    [[nodiscard]] Parts parts(const Key& key);
    [[nodiscard]] bool fresh(const Key& key);
    [[nodiscard]] bool fresh(const Chart& chart) const;
    void read_chart(const Wanted& wanted);
    void read_cells(const CellRows& wanted);

    store::ClassHistory& history_;
    Worker& worker_;
    const Clock& clock_;

    std::mutex mutex_;             // Held for pointers only.
    std::map<Key, Chart> charts_;  ///< As many as were read while one is fresh.
    std::shared_ptr<const CellRows> cells_;
};

}  // namespace cellmon::api
