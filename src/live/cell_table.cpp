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

std::uint8_t tag_of(std::uint64_t key) {
    return static_cast<std::uint8_t>(key);
}

void raise(OrderKey& to, const OrderKey& at) {
    to = std::max(to, at);
}

}  // namespace

std::size_t CellTable::find(std::uint64_t key) const {
    const auto end = tags_.begin() + static_cast<std::ptrdiff_t>(cells_.size());
    for (auto at = std::find(tags_.begin(), end, tag_of(key)); at != end;
         at = std::find(at + 1, end, tag_of(key))) {
        const auto place = static_cast<std::size_t>(at - tags_.begin());
        if (cells_[place].key == key) return place;
    }
    return kNowhere;
}

/// kNowhere when the entry does not count any more.
std::size_t CellTable::place_of(std::uint64_t notebook_key, std::string_view cell_id,
                                const OrderKey& at) {
    if (at <= forgotten_) return kNowhere;
    const std::uint64_t key = cell_key_of(notebook_key, cell_id);
    if (const std::size_t known = find(key); known != kNowhere) {
        raise(cells_[known].newest, at);
        return known;
    }
    const std::size_t place = place_of_new(at);
    if (place == kNowhere) return kNowhere;
    tags_[place] = tag_of(key);
    cells_[place].key = key;
    cells_[place].notebook_key = notebook_key;
    cells_[place].cell_id = cell_id;
    cells_[place].newest = at;
    return place;
}

/// An empty cell, in place of the oldest when there are enough; kNowhere when `at` is older still.
std::size_t CellTable::place_of_new(const OrderKey& at) {
    if (cells_.size() < kMaxCells) {
        cells_.emplace_back();
        return cells_.size() - 1;
    }
    const auto oldest =
        std::min_element(cells_.begin(), cells_.end(),
                         [](const Cell& a, const Cell& b) { return a.newest < b.newest; });
    if (at < oldest->newest) {
        forget(at);
        return kNowhere;
    }
    const auto place = static_cast<std::size_t>(oldest - cells_.begin());
    forget(
        oldest->newest);  // Its errors among them; whether it runs is noted with its first entry.
    *oldest = {};
    return place;
}

void CellTable::forget(const OrderKey& newest) {
    raise(forgotten_, newest);
    failing_.for_each([this](std::size_t place) { drop_ended_errors(place); });
}

std::size_t CellTable::streak(std::string_view notebook, std::string_view cell_id) const {
    const std::size_t place = find(cell_key_of(notebook_key_of(notebook), cell_id));
    return place == kNowhere ? 0 : cells_[place].errors.size();
}

void CellTable::drop_ended_errors(std::size_t place) {
    Cell& cell = cells_[place];
    const OrderKey end = std::max({cell.success, resolved_, forgotten_});
    const auto first_live = std::upper_bound(cell.errors.begin(), cell.errors.end(), end);
    cell.errors.erase(cell.errors.begin(), first_live);
    failing_.set(place, !cell.errors.empty());
}

void CellTable::note_run(std::size_t place) {
    started_.set(place, cells_[place].start > cells_[place].end);
}

void CellTable::started(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    const std::size_t place = place_of(notebook_key_of(notebook), cell_id, at);
    if (place == kNowhere) return;
    raise(cells_[place].start, at);
    note_run(place);
}

std::size_t CellTable::ended(std::string_view notebook, std::string_view cell_id,
                             const OrderKey& at) {
    const std::size_t place = place_of(notebook_key_of(notebook), cell_id, at);
    if (place == kNowhere) return place;
    raise(cells_[place].end, at);
    note_run(place);
    return place;
}

void CellTable::touched(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    ended(notebook, cell_id, at);
}

void CellTable::succeeded(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    const std::size_t place = ended(notebook, cell_id, at);
    if (place == kNowhere) return;
    raise(cells_[place].success, at);
    drop_ended_errors(place);
}

void CellTable::failed(std::string_view notebook, std::string_view cell_id, const OrderKey& at) {
    const std::size_t place = ended(notebook, cell_id, at);
    if (place == kNowhere) return;
    Cell& cell = cells_[place];
    if (at <= cell.success || at <= resolved_) return;
    auto& errors = cell.errors;
    const auto where = std::lower_bound(errors.begin(), errors.end(), at);
    if (where != errors.end() && *where == at) return;
    errors.insert(where, at);
    if (errors.size() > kMaxErrorsOfCell) errors.erase(errors.begin());
    failing_.set(place, true);
}

void CellTable::kernel_ended(std::string_view notebook, const OrderKey& at) {
    // A cell without an id stands for the notebook; it shares the bound, and so its order rule.
    ended(notebook, {}, at);
}

void CellTable::resolve(const OrderKey& at) {
    raise(resolved_, at);
    failing_.for_each([this](std::size_t place) { drop_ended_errors(place); });
}

TimeUs CellTable::running_since() const {
    OrderKey newest;
    started_.for_each([&](std::size_t place) {
        const Cell& cell = cells_[place];
        if (cell.start <= std::max(forgotten_, newest)) return;
        const std::size_t kernel = find(cell_key_of(cell.notebook_key, {}));
        if (kernel == kNowhere || cells_[kernel].end <= cell.start) newest = cell.start;
    });
    return newest.time_us;
}

CellTable CellTable::restore(std::vector<Cell> cells, const OrderKey& resolved,
                             const OrderKey& forgotten) {
    CellTable table;
    table.cells_ = std::move(cells);
    for (std::size_t place = 0; place < table.cells_.size(); ++place) {
        table.tags_[place] = tag_of(table.cells_[place].key);
        table.failing_.set(place, !table.cells_[place].errors.empty());
        table.note_run(place);
    }
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
