#include "live/cell_table.hpp"

#include <algorithm>

#include <xxhash.h>

namespace cellmon::live {
namespace {

std::uint64_t notebook_key_of(std::string_view notebook) {
    return XXH3_64bits(notebook.data(), notebook.size());
}

std::uint64_t cell_key_of(std::uint64_t notebook_key, std::string_view cell_id) {
    return XXH3_64bits_withSeed(cell_id.data(), cell_id.size(), notebook_key);
}

void raise(OrderKey& to, const OrderKey& at) {
    to = std::max(to, at);
}

}  // namespace

CellTable::Cell* CellTable::cell(std::uint64_t notebook_key, std::string_view cell_id,
                                 const OrderKey& at) {
    if (at <= forgotten_) return nullptr;
    const std::uint64_t key = cell_key_of(notebook_key, cell_id);
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    if (found != keys_.end()) {
        Cell& known = cells_[static_cast<std::size_t>(found - keys_.begin())];
        raise(known.newest, at);
        return &known;
    }
    Cell made;
    made.key = key;
    made.notebook_key = notebook_key;
    made.cell_id = cell_id;
    made.newest = at;
    keys_.push_back(key);
    cells_.push_back(std::move(made));
    if (cells_.size() > kMaxCells) {
        forget_oldest();
        if (at <= forgotten_) return nullptr;
    }
    return &cells_.back();
}

std::size_t CellTable::streak(std::string_view notebook, std::string_view cell_id) const {
    const std::uint64_t key = cell_key_of(notebook_key_of(notebook), cell_id);
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    if (found == keys_.end()) return 0;
    return cells_[static_cast<std::size_t>(found - keys_.begin())].errors.size();
}

void CellTable::forget_oldest() {
    const auto oldest =
        std::min_element(cells_.begin(), cells_.end(),
                         [](const Cell& a, const Cell& b) { return a.newest < b.newest; });
    raise(forgotten_, oldest->newest);
    // The last one stays last: the caller goes on with it unless it was the oldest itself.
    keys_.erase(keys_.begin() + (oldest - cells_.begin()));
    cells_.erase(oldest);
    for (Cell& cell : cells_)
        drop_ended_errors(cell);
}

void CellTable::drop_ended_errors(Cell& cell) const {
    const OrderKey end = std::max({cell.success, resolved_, forgotten_});
    const auto first_live = std::upper_bound(cell.errors.begin(), cell.errors.end(), end);
    cell.errors.erase(cell.errors.begin(), first_live);
}

void CellTable::started(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    if (Cell* found = cell(notebook_key_of(notebook), cell_id, at)) raise(found->start, at);
}

void CellTable::touched(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    if (Cell* found = cell(notebook_key_of(notebook), cell_id, at)) raise(found->end, at);
}

void CellTable::succeeded(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    Cell* found = cell(notebook_key_of(notebook), cell_id, at);
    if (found == nullptr) return;
    raise(found->end, at);
    raise(found->success, at);
    drop_ended_errors(*found);
}

void CellTable::failed(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    Cell* found = cell(notebook_key_of(notebook), cell_id, at);
    if (found == nullptr) return;
    raise(found->end, at);
    if (at <= found->success || at <= resolved_) return;
    auto& errors = found->errors;
    const auto place = std::lower_bound(errors.begin(), errors.end(), at);
    if (place != errors.end() && *place == at) return;
    errors.insert(place, at);
    if (errors.size() > kMaxErrorsOfCell) errors.erase(errors.begin());
}

void CellTable::kernel_ended(std::string_view notebook, const OrderKey& at) {
    // A cell without an id stands for the notebook; it shares the bound, and so its order rule.
    if (Cell* found = cell(notebook_key_of(notebook), {}, at)) raise(found->end, at);
}

void CellTable::resolve(const OrderKey& at) {
    raise(resolved_, at);
    for (Cell& cell : cells_)
        drop_ended_errors(cell);
}

TimeUs CellTable::running_since() const {
    OrderKey newest;
    for (const Cell& cell : cells_) {
        if (cell.start <= std::max({cell.end, forgotten_, newest})) continue;
        const std::uint64_t notebook = cell_key_of(cell.notebook_key, {});
        const auto kernel = std::find(keys_.begin(), keys_.end(), notebook);
        const bool ended =
            kernel != keys_.end() &&
            cells_[static_cast<std::size_t>(kernel - keys_.begin())].end > cell.start;
        if (!ended) newest = cell.start;
    }
    return newest.time_us;
}

CellTable CellTable::restore(std::vector<Cell> cells, const OrderKey& resolved,
                             const OrderKey& forgotten) {
    CellTable table;
    table.cells_ = std::move(cells);
    for (const Cell& cell : table.cells_)
        table.keys_.push_back(cell.key);
    table.resolved_ = resolved;
    table.forgotten_ = forgotten;
    return table;
}

bool CellTable::operator==(const CellTable& other) const {
    const auto sorted = [](std::vector<Cell> cells) {
        std::sort(cells.begin(), cells.end(),
                  [](const Cell& a, const Cell& b) { return a.key < b.key; });
        return cells;
    };
    return resolved_ == other.resolved_ && forgotten_ == other.forgotten_ &&
           sorted(cells_) == sorted(other.cells_);
}

}  // namespace cellmon::live
