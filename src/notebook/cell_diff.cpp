#include "notebook/cell_diff.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "notebook/line_diff.hpp"

namespace cellmon::notebook {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Which new cell each old one has become, and the other way around.
struct Pairs {
    std::vector<std::size_t> new_of;  ///< kNone: deleted.
    std::vector<std::size_t> old_of;  ///< kNone: added.
};

/// By id; of those that are left, in order, by what they hold.
Pairs pair_up(std::span<const CellRef> before, std::span<const CellRef> after) {
    Pairs pairs{std::vector(before.size(), kNone), std::vector(after.size(), kNone)};
    const auto join = [&](std::size_t old_index, std::size_t new_index) {
        pairs.new_of[old_index] = new_index;
        pairs.old_of[new_index] = old_index;
    };
    std::unordered_map<std::string_view, std::size_t> by_id;
    for (std::size_t i = 0; i < after.size(); ++i)
        by_id.emplace(after[i].id, i);
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (const auto found = by_id.find(before[i].id); found != by_id.end()) {
            join(i, found->second);
        }
    }
    std::unordered_multimap<std::string_view, std::size_t> by_content;
    for (std::size_t i = after.size(); i-- > 0;) {
        // A cell without lines is as good as any other.
        if (pairs.old_of[i] == kNone && after[i].line_count > 0) {
            by_content.emplace(after[i].content, i);
        }
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (pairs.new_of[i] != kNone) continue;
        const auto [begin, end] = by_content.equal_range(before[i].content);
        if (begin == end) continue;
        const auto first = std::min_element(
            begin, end, [](const auto& a, const auto& b) { return a.second < b.second; });
        join(i, first->second);
        by_content.erase(first);
    }
    return pairs;
}

/// Whether the cell, by its new place, is one of the fewest that must have moved: not on a longest
/// sequence of old places that ascends.
std::vector<bool> moved_cells(const std::vector<std::size_t>& old_of) {
    std::vector<std::size_t> ends;  // New places at which sequences of each length end best.
    std::vector<std::size_t> previous(old_of.size(), kNone);
    for (std::size_t i = 0; i < old_of.size(); ++i) {
        if (old_of[i] == kNone) continue;
        const auto place =
            std::lower_bound(ends.begin(), ends.end(), old_of[i],
                             [&](std::size_t end, std::size_t old) { return old_of[end] < old; });
        if (place != ends.begin()) previous[i] = *(place - 1);
        if (place == ends.end()) {
            ends.push_back(i);
        } else {
            *place = i;
        }
    }
    std::vector<bool> moved(old_of.size());
    for (std::size_t i = 0; i < old_of.size(); ++i)
        moved[i] = old_of[i] != kNone;
    for (std::size_t i = ends.empty() ? kNone : ends.back(); i != kNone; i = previous[i])
        moved[i] = false;
    return moved;
}

bool differ(const CellContent& a, const CellContent& b) {
    return a.type != b.type || a.source != b.source || a.visible != b.visible;
}

void compare_lines(CellDiff& diff, std::string_view before, std::string_view after,
                   Effort& effort) {
    const auto a = lines_of(before);
    const auto b = lines_of(after);
    const auto changes = diff_lines(a, b, effort);
    diff.line_diffs = unified_diff(a, b, changes);
    for (const Change& change : changes) {
        diff.lines_added += static_cast<std::int64_t>(change.new_count);
        diff.lines_deleted += static_cast<std::int64_t>(change.old_count);
        diff.lines_modified +=
            static_cast<std::int64_t>(std::min(change.old_count, change.new_count));
    }
}

void count(ChangeCounts& counts, const CellDiff& diff) {
    ++counts.total_changes;
    counts.cells_added += diff.type == ChangeType::added ? 1 : 0;
    counts.cells_deleted += diff.type == ChangeType::deleted ? 1 : 0;
    counts.cells_modified += diff.type == ChangeType::modified ? 1 : 0;
    counts.cells_moved += diff.moved ? 1 : 0;
    counts.cells_renamed += diff.type == ChangeType::renamed ? 1 : 0;
    counts.lines_added += diff.lines_added;
    counts.lines_deleted += diff.lines_deleted;
    counts.lines_modified += diff.lines_modified;
}

std::int64_t lines_in(std::span<const CellRef> cells) {
    std::int64_t lines = 0;
    for (const CellRef& cell : cells)
        lines += cell.line_count;
    return lines;
}

double ratio(std::int64_t a, std::int64_t b) {
    if (a == b) return 1;
    return static_cast<double>(std::min(a, b)) / static_cast<double>(std::max(a, b));
}

/// 0.2 · cells + 0.3 · lines + 0.5 · text: of the first two the smaller number by the larger, of
/// the text the lines that both have, twice, by the lines of both.
double similarity(std::span<const CellRef> before, std::span<const CellRef> after,
                  const ChangeCounts& counts) {
    const std::int64_t old_lines = lines_in(before);
    const std::int64_t new_lines = lines_in(after);
    const std::int64_t all = old_lines + new_lines;
    const double text = all == 0
                            ? 1
                            : static_cast<double>(all - counts.lines_added - counts.lines_deleted) /
                                  static_cast<double>(all);
    return 0.2 * ratio(static_cast<std::int64_t>(before.size()),
                       static_cast<std::int64_t>(after.size())) +
           0.3 * ratio(old_lines, new_lines) + 0.5 * text;
}

}  // namespace

std::string_view name_of(ChangeType type) {
    switch (type) {
        case ChangeType::added:
            return "added";
        case ChangeType::deleted:
            return "deleted";
        case ChangeType::modified:
            return "modified";
        case ChangeType::moved:
            return "moved";
        case ChangeType::renamed:
            break;
    }
    return "renamed";
}

std::vector<std::string> contents_to_compare(std::span<const CellRef> before,
                                             std::span<const CellRef> after) {
    const Pairs pairs = pair_up(before, after);
    std::vector<std::string> hashes;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const std::size_t other = pairs.new_of[i];
        if (other == kNone || after[other].content != before[i].content) {
            hashes.push_back(before[i].content);
        }
    }
    const std::vector<bool> moved = moved_cells(pairs.old_of);
    for (std::size_t i = 0; i < after.size(); ++i) {
        const std::size_t other = pairs.old_of[i];
        // Of cells that moved or have another id the text is told.
        if (other == kNone || moved[i] || before[other].content != after[i].content ||
            before[other].id != after[i].id) {
            hashes.push_back(after[i].content);
        }
    }
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    return hashes;
}

NotebookDiff diff_notebooks(std::span<const CellRef> before, std::span<const CellRef> after,
                            const Contents& contents) {
    const auto content = [&](const std::string& hash) -> const CellContent& {
        const auto found = contents.find(hash);
        CELLMON_ASSERT(found != contents.end());
        return found->second;
    };
    const Pairs pairs = pair_up(before, after);
    const std::vector<bool> moved = moved_cells(pairs.old_of);
    NotebookDiff result;
    Effort effort;
    const auto add = [&](CellDiff diff) {
        count(result.counts, diff);
        result.cells.push_back(std::move(diff));
    };
    for (std::size_t i = 0; i < after.size(); ++i) {
        CellDiff diff;
        diff.cell_id = after[i].id;
        diff.new_index = static_cast<std::int64_t>(i);
        const std::size_t other = pairs.old_of[i];
        if (other == kNone) {
            diff.type = ChangeType::added;
            diff.new_content = content(after[i].content).source;
            compare_lines(diff, "", *diff.new_content, effort);
            add(std::move(diff));
            continue;
        }
        diff.old_index = static_cast<std::int64_t>(other);
        diff.moved = moved[i];
        const bool modified = before[other].content != after[i].content &&
                              differ(content(before[other].content), content(after[i].content));
        const bool renamed = before[other].id != after[i].id;
        if (!modified && !renamed && !diff.moved) continue;
        diff.new_content = content(after[i].content).source;
        if (modified) {
            diff.type = ChangeType::modified;
            diff.old_content = content(before[other].content).source;
            compare_lines(diff, *diff.old_content, *diff.new_content, effort);
        } else {
            diff.type = renamed ? ChangeType::renamed : ChangeType::moved;
            diff.old_content = diff.new_content;
        }
        add(std::move(diff));
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (pairs.new_of[i] != kNone) continue;
        CellDiff diff;
        diff.cell_id = before[i].id;
        diff.type = ChangeType::deleted;
        diff.old_index = static_cast<std::int64_t>(i);
        diff.old_content = content(before[i].content).source;
        compare_lines(diff, *diff.old_content, "", effort);
        add(std::move(diff));
    }
    result.similarity = similarity(before, after, result.counts);
    return result;
}

std::string_view significance_of(const NotebookDiff& diff) {
    const ChangeCounts& counts = diff.counts;
    const std::int64_t lines = std::max(counts.lines_added, counts.lines_deleted);
    if (counts.total_changes > 10 || lines > 100 || diff.similarity < 0.3) return "breaking";
    if (counts.total_changes > 3 || lines > 20 || diff.similarity < 0.7) return "major";
    return "minor";
}

}  // namespace cellmon::notebook
