#include "api/overview_history.hpp"

#include <algorithm>
#include <utility>

namespace cellmon::api {
namespace {

/// The cells that the overview shows, with the rows that are known.
CellRows cells_of(const live::Picture& picture, std::uint32_t significant_errors,
                  const CellRows& known) {
    CellRows cells;
    for (const live::StudentPicturePtr& student : picture.students) {
        for (const live::ErrorCell& cell : significant_cells(student->view, significant_errors)) {
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
      cells_(std::make_shared<const CellRows>()) {
    charts_.fill({std::make_shared<const std::string>("[]"), 0});
}

void OverviewHistory::get(store::TimeRange range, const live::PicturePtr& picture,
                          std::uint32_t significant_errors, Use use) {
    Parts now = parts(range);
    CellRows cells = cells_of(*picture, significant_errors, *now.cells);
    if (fresh(range) && complete(cells)) return use(now);
    const bool queued = worker_.post([this, range, cells = std::move(cells), use] {
        if (!fresh(range)) read_chart(range);
        if (!complete(cells)) read_cells(cells);
        use(parts(range));
    });
    // The store is slow: the students are shown without it.
    if (!queued) use(now);
}

OverviewHistory::Parts OverviewHistory::parts(store::TimeRange range) {
    const std::lock_guard lock(mutex_);
    return {chart_of(range).json, cells_};
}

bool OverviewHistory::fresh(store::TimeRange range) {
    const std::lock_guard lock(mutex_);
    const Chart& chart = chart_of(range);
    return chart.read_us != 0 && clock_.steady_us() - chart.read_us < kFreshUs;
}

void OverviewHistory::read_chart(store::TimeRange range) {
    const auto windows = history_.activity(range, clock_.now_us());
    auto json = std::make_shared<const std::string>(windows ? chart_json(*windows) : "[]");
    const std::lock_guard lock(mutex_);
    chart_of(range) = {std::move(json), clock_.steady_us()};
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
