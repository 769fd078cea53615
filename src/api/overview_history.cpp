#include "api/overview_history.hpp"

#include <algorithm>
#include <utility>

namespace cellmon::api {
namespace {

/// The cells that the overview shows, with the rows that are known.
CellRows cells_of(const live::Picture& picture, const CellRows& known) {
    CellRows cells;
    for (const live::StudentPicturePtr& student : picture.students) {
        for (const live::ErrorCell& cell : significant_cells(student->view)) {
            store::StudentCell key{student->view.email, cell.cell_id};
            const auto row = known.find(key);
            cells.emplace(std::move(key), row == known.end() ? std::nullopt : row->second);
        }
    }
    return cells;
}

bool complete(const CellRows& cells) {
    return std::all_of(cells.begin(), cells.end(),
                       [](const auto& cell) { return cell.second.has_value(); });
}

}  // namespace

OverviewHistory::OverviewHistory(store::ClassHistory& history, Worker& worker, const Clock& clock)
    : history_(history),
      worker_(worker),
      clock_(clock),
      cells_(std::make_shared<const CellRows>()) {}

void OverviewHistory::get(const Wanted& wanted, Use use) {
    const Key key = key_of(wanted);
    Parts now = parts(key);
    CellRows cells = cells_of(*wanted.picture, *now.cells);
    if (fresh(key) && complete(cells)) return use(now);
    const bool queued = worker_.post([this, wanted, key, cells = std::move(cells), use] {
        if (!fresh(key)) read_chart(wanted);
        if (!complete(cells)) read_cells(cells);
        use(parts(key));
    });
    // The store is slow: the students are shown without it.
    if (!queued) use(now);
}

OverviewHistory::Key OverviewHistory::key_of(const Wanted& wanted) {
    Key key{wanted.range, std::nullopt};
    if (wanted.sight) key.second = wanted.sight->id();
    return key;
}

OverviewHistory::Parts OverviewHistory::parts(const Key& key) {
    static const auto kEmpty = std::make_shared<const std::string>("[]");
    const std::lock_guard lock(mutex_);
    const auto chart = charts_.find(key);
    return {chart == charts_.end() ? kEmpty : chart->second.json, cells_};
}

bool OverviewHistory::fresh(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto chart = charts_.find(key);
    return chart != charts_.end() && fresh(chart->second);
}

bool OverviewHistory::fresh(const Chart& chart) const {
    return clock_.steady_us() - chart.read_us < kFreshUs;
}

void OverviewHistory::read_chart(const Wanted& wanted) {
    const store::ClassCodes* classes = wanted.sight ? &wanted.sight->codes() : nullptr;
    const auto windows = history_.activity(wanted.range, clock_.now_us(), classes);
    auto json = std::make_shared<const std::string>(windows ? chart_json(*windows) : "[]");
    const std::lock_guard lock(mutex_);
    std::erase_if(charts_, [this](const auto& chart) { return !fresh(chart.second); });
    charts_[key_of(wanted)] = {std::move(json), clock_.steady_us()};
}

void OverviewHistory::read_cells(const CellRows& wanted) {
    std::vector<store::StudentCell> unknown;
    for (const auto& [cell, row] : wanted) {
        if (!row) unknown.push_back(cell);
    }
    const auto rows = history_.cell_rows(unknown);
    if (!rows) return;
    auto cells = std::make_shared<CellRows>(wanted);
    for (std::size_t i = 0; i < unknown.size(); ++i)
        (*cells)[unknown[i]] = (*rows)[i];
    const std::lock_guard lock(mutex_);
    cells_ = std::move(cells);
}

}  // namespace cellmon::api
