#include "notebook/merge.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/assert.hpp"
#include "notebook/line_diff.hpp"

namespace cellmon::notebook {
namespace {

using SideLines = std::vector<std::string_view>;

/// What a side makes of a part of the base, which its changes lie in.
std::string part_of(const SideLines& side, const std::vector<Change>& changes, std::size_t base_at,
                    std::size_t base_end, const SideLines& base) {
    std::string text;
    std::size_t at = base_at;
    for (const Change& change : changes) {
        if (change.old_at + change.old_count < base_at || change.old_at > base_end) continue;
        for (; at < change.old_at; ++at)
            text += base[at];
        for (std::size_t i = 0; i < change.new_count; ++i)
            text += side[change.new_at + i];
        at = change.old_at + change.old_count;
    }
    for (; at < base_end; ++at)
        text += base[at];
    return text;
}

/// The value that three come to when whole: nullopt, both changed it.
template <typename Value>
std::optional<Value> pick(const Value& base, const Value& ours, const Value& theirs) {
    if (ours == theirs || theirs == base) return ours;
    if (ours == base) return theirs;
    return std::nullopt;
}

class CellTable {
  public:
    explicit CellTable(const std::vector<CellRef>& cells) {
        for (const CellRef& cell : cells)
            by_id_.emplace(cell.id, &cell);
    }
    /// Null: there is none.
    [[nodiscard]] const CellRef* find(std::string_view id) const {
        const auto found = by_id_.find(id);
        return found == by_id_.end() ? nullptr : found->second;
    }

  private:
    std::unordered_map<std::string_view, const CellRef*> by_id_;
};

/// One cell as the three have it; null where it is not.
struct Triple {
    const CellRef* base;
    const CellRef* ours;
    const CellRef* theirs;
};

bool same_content(const CellRef* a, const CellRef* b) {
    if (a == nullptr || b == nullptr) return a == b;
    return a->content == b->content;
}

/// Whether the texts have to be looked at.
bool is_disputed(const Triple& cell) {
    return !same_content(cell.ours, cell.theirs) && !same_content(cell.ours, cell.base) &&
           !same_content(cell.theirs, cell.base);
}

/// Each id once, in the order of the three.
std::vector<std::string_view> ids_of(const NotebookRef& base, const NotebookRef& ours,
                                     const NotebookRef& theirs) {
    std::vector<std::string_view> ids;
    std::unordered_set<std::string_view> seen;
    for (const NotebookRef* one : {&base, &ours, &theirs}) {
        for (const CellRef& cell : one->cells) {
            if (seen.insert(cell.id).second) ids.push_back(cell.id);
        }
    }
    return ids;
}

class Merging {
  public:
    Merging(const NotebookRef& base, const NotebookRef& ours, const NotebookRef& theirs,
            const Contents& contents, const Resolutions& resolutions)
        : base_(base),
          ours_(ours),
          theirs_(theirs),
          contents_(contents),
          resolutions_(resolutions),
          base_cells_(base.cells),
          our_cells_(ours.cells),
          their_cells_(theirs.cells) {}

    Merge run() {
        for (const std::string_view id : ids_of(base_, ours_, theirs_))
            merge_cell(id);
        merge_header();
        for (const std::string_view id : merged_order())
            merge_.cells.push_back(std::move(kept_.at(id)));
        return std::move(merge_);
    }

  private:
    [[nodiscard]] const CellContent& content(const CellRef& cell) const {
        const auto found = contents_.find(cell.content);
        CELLMON_ASSERT(found != contents_.end());
        return found->second;
    }
    [[nodiscard]] std::optional<std::string> text(const CellRef* cell) const {
        if (cell == nullptr) return std::nullopt;
        return content(*cell).source;
    }
    [[nodiscard]] std::optional<Side> resolution(std::string_view what) const {
        const auto found = resolutions_.find(what);
        if (found == resolutions_.end()) return std::nullopt;
        return found->second;
    }

    void keep(const CellRef* cell, const CellRef* other, const CellRef* base) {
        if (cell == nullptr) return;
        MergedCell merged{*cell, std::nullopt};
        // The same text on both sides: where only they ran it, their result.
        if (other != nullptr && base != nullptr && other->content == cell->content &&
            cell->result == base->result) {
            merged.ref.result = other->result;
        }
        kept_.emplace(cell->id, std::move(merged));
    }

    void merge_cell(std::string_view id) {
        const Triple cell{base_cells_.find(id), our_cells_.find(id), their_cells_.find(id)};
        if (!is_disputed(cell)) {
            const bool take_theirs =
                !same_content(cell.ours, cell.theirs) && same_content(cell.ours, cell.base);
            return take_theirs ? keep(cell.theirs, nullptr, nullptr)
                               : keep(cell.ours, cell.theirs, cell.base);
        }
        if (const auto side = resolution(id)) {
            return keep(*side == Side::ours ? cell.ours : cell.theirs, nullptr, nullptr);
        }
        if (auto made = joined(cell)) {
            MergedCell merged;
            merged.ref = {std::string(id), made->hash, "", made->line_count};
            merged.made = std::move(made);
            kept_.emplace(id, std::move(merged));
            return;
        }
        const std::string_view kind = cell.ours == nullptr     ? "deleted_by_us"
                                      : cell.theirs == nullptr ? "deleted_by_them"
                                      : cell.base == nullptr   ? "added"
                                                               : "modified";
        merge_.conflicts.push_back(
            {std::string(id), kind, text(cell.base), text(cell.ours), text(cell.theirs)});
    }

    /// A content made of both sides; nullopt: they cannot be joined.
    [[nodiscard]] std::optional<Content> joined(const Triple& cell) const {
        if (cell.base == nullptr || cell.ours == nullptr || cell.theirs == nullptr) {
            return std::nullopt;
        }
        const CellContent& base = content(*cell.base);
        const CellContent& ours = content(*cell.ours);
        const CellContent& theirs = content(*cell.theirs);
        const auto type = pick(base.type, ours.type, theirs.type);
        const auto metadata = pick(base.metadata, ours.metadata, theirs.metadata);
        const auto attachments = pick(base.attachments, ours.attachments, theirs.attachments);
        const auto source = merge_text(base.source, ours.source, theirs.source);
        if (!type || !metadata || !attachments || !source) return std::nullopt;
        return content_of(*type, *source, *metadata, *attachments);
    }

    void merge_header() {
        auto header = pick(base_.header, ours_.header, theirs_.header);
        if (!header) {
            const auto side = resolution(kHeader);
            if (!side) {
                merge_.conflicts.push_back(
                    {"", "header", base_.header, ours_.header, theirs_.header});
                return;
            }
            header = *side == Side::ours ? ours_.header : theirs_.header;
        }
        merge_.header = std::move(*header);
    }

    /// The ids that all three have and that are kept, in the order of one.
    [[nodiscard]] std::vector<std::string_view> common(const NotebookRef& one) const {
        std::vector<std::string_view> ids;
        for (const CellRef& cell : one.cells) {
            if (kept_.contains(cell.id) && base_cells_.find(cell.id) != nullptr &&
                our_cells_.find(cell.id) != nullptr && their_cells_.find(cell.id) != nullptr) {
                ids.push_back(cell.id);
            }
        }
        return ids;
    }

    std::vector<std::string_view> merged_order() {
        const auto order = pick(common(base_), common(ours_), common(theirs_));
        bool as_theirs = order && *order == common(theirs_) && *order != common(ours_);
        if (!order) {
            const auto side = resolution(kOrder);
            if (!side) {
                merge_.conflicts.push_back({"", "order", std::nullopt, std::nullopt, std::nullopt});
                return {};
            }
            as_theirs = *side == Side::theirs;
        }
        return as_theirs ? with_new_of(theirs_, ours_) : with_new_of(ours_, theirs_);
    }

    /// The kept cells as `first` orders them, those that only `second` has each behind the one that
    /// it stands behind there.
    [[nodiscard]] std::vector<std::string_view> with_new_of(const NotebookRef& first,
                                                            const NotebookRef& second) const {
        std::unordered_set<std::string_view> placed;
        for (const CellRef& cell : first.cells) {
            if (kept_.contains(cell.id)) placed.insert(cell.id);
        }
        // What is to stand behind each cell; behind the empty id: at the start.
        std::unordered_map<std::string_view, std::vector<std::string_view>> behind;
        std::string_view anchor;
        for (const CellRef& cell : second.cells) {
            if (!kept_.contains(cell.id)) continue;
            if (placed.contains(cell.id)) {
                anchor = cell.id;
            } else {
                behind[anchor].push_back(cell.id);
            }
        }
        std::vector<std::string_view> ids;
        const auto put_behind = [&](std::string_view id) {
            const auto found = behind.find(id);
            if (found == behind.end()) return;
            ids.insert(ids.end(), found->second.begin(), found->second.end());
        };
        put_behind("");
        for (const CellRef& cell : first.cells) {
            if (!kept_.contains(cell.id)) continue;
            ids.emplace_back(cell.id);
            put_behind(cell.id);
        }
        return ids;
    }

    const NotebookRef& base_;
    const NotebookRef& ours_;
    const NotebookRef& theirs_;
    const Contents& contents_;
    const Resolutions& resolutions_;
    const CellTable base_cells_;
    const CellTable our_cells_;
    const CellTable their_cells_;
    std::unordered_map<std::string_view, MergedCell> kept_;  ///< By ids of the notebooks.
    Merge merge_;
};

}  // namespace

std::optional<std::string> merge_text(std::string_view base, std::string_view ours,
                                      std::string_view theirs) {
    if (auto whole = pick(base, ours, theirs)) return std::string(*whole);
    const SideLines a = lines_of(base);
    const SideLines b = lines_of(ours);
    const SideLines c = lines_of(theirs);
    Effort effort;
    const auto our_changes = diff_lines(a, b, effort);
    const auto their_changes = diff_lines(a, c, effort);
    std::string text;
    std::size_t at = 0;
    auto ours_at = our_changes.begin();
    auto theirs_at = their_changes.begin();
    while (ours_at != our_changes.end() || theirs_at != their_changes.end()) {
        const bool ours_first =
            theirs_at == their_changes.end() ||
            (ours_at != our_changes.end() && ours_at->old_at <= theirs_at->old_at);
        // The part of the base that changes of both sides reach, one touching the next.
        const std::size_t begin = ours_first ? ours_at->old_at : theirs_at->old_at;
        std::size_t end = begin;
        bool we_did = false;
        bool they_did = false;
        for (bool grows = true; grows;) {
            grows = false;
            for (; ours_at != our_changes.end() && ours_at->old_at <= end; ++ours_at) {
                end = std::max(end, ours_at->old_at + ours_at->old_count);
                we_did = grows = true;
            }
            for (; theirs_at != their_changes.end() && theirs_at->old_at <= end; ++theirs_at) {
                end = std::max(end, theirs_at->old_at + theirs_at->old_count);
                they_did = grows = true;
            }
        }
        for (; at < begin; ++at)
            text += a[at];
        const std::string our_part = part_of(b, our_changes, begin, end, a);
        const std::string their_part = part_of(c, their_changes, begin, end, a);
        if (we_did && they_did && our_part != their_part) return std::nullopt;
        text += we_did ? our_part : their_part;
        at = end;
    }
    for (; at < a.size(); ++at)
        text += a[at];
    return text;
}

std::vector<std::string> contents_to_merge(const NotebookRef& base, const NotebookRef& ours,
                                           const NotebookRef& theirs) {
    const CellTable base_cells(base.cells);
    const CellTable our_cells(ours.cells);
    const CellTable their_cells(theirs.cells);
    std::vector<std::string> hashes;
    for (const std::string_view id : ids_of(base, ours, theirs)) {
        const Triple cell{base_cells.find(id), our_cells.find(id), their_cells.find(id)};
        if (!is_disputed(cell)) continue;
        for (const CellRef* one : {cell.base, cell.ours, cell.theirs}) {
            if (one != nullptr) hashes.push_back(one->content);
        }
    }
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    return hashes;
}

Merge merge_notebooks(const NotebookRef& base, const NotebookRef& ours, const NotebookRef& theirs,
                      const Contents& contents, const Resolutions& resolutions) {
    return Merging(base, ours, theirs, contents, resolutions).run();
}

}  // namespace cellmon::notebook
