#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "notebook/notebook.hpp"

namespace cellmon::notebook {

/// A cell of a stored notebook, by what it holds.
struct CellRef {
    std::string id;
    std::string content;  ///< The hash.
    std::string result;   ///< The hash; empty: none.
    std::int64_t line_count = 0;

    bool operator==(const CellRef&) const = default;
};

using Contents = std::unordered_map<std::string, CellContent>;  ///< By hash.

enum class ChangeType : std::uint8_t {
    added,
    deleted,
    modified,
    moved,    ///< The same at another place among the cells that both have.
    renamed,  ///< The same under another id.
};
[[nodiscard]] std::string_view name_of(ChangeType type);

struct CellDiff {
    std::string cell_id;  ///< The new one of a renamed cell.
    ChangeType type = ChangeType::modified;
    bool moved = false;  ///< Of a modified one: it has moved as well.
    std::optional<std::string> old_content;
    std::optional<std::string> new_content;
    std::vector<std::string> line_diffs;  ///< Unified; empty for moved and renamed cells.

    /// As `git diff --numstat` counts them, and how many of these stand in for each other.
    std::int64_t lines_added = 0;
    std::int64_t lines_deleted = 0;
    std::int64_t lines_modified = 0;
    std::optional<std::int64_t> old_index;
    std::optional<std::int64_t> new_index;
};

struct ChangeCounts {
    std::int64_t total_changes = 0;  ///< Cells that changed, each once.
    std::int64_t cells_added = 0;
    std::int64_t cells_deleted = 0;
    std::int64_t cells_modified = 0;
    std::int64_t cells_moved = 0;  ///< Those that were modified too count in both.
    std::int64_t cells_renamed = 0;
    std::int64_t lines_added = 0;
    std::int64_t lines_deleted = 0;
    std::int64_t lines_modified = 0;
};

struct NotebookDiff {
    std::vector<CellDiff> cells;  ///< In the order of the new notebook; deleted ones at the end.
    ChangeCounts counts;
    double similarity = 1;  ///< 0 to 1: contract §3.13.
};

/// The hashes of the contents that diff_notebooks() asks for: of cells that both have and that
/// differ, and of those that only one has.
[[nodiscard]] std::vector<std::string> contents_to_compare(std::span<const CellRef> before,
                                                           std::span<const CellRef> after);

/// Compares cells by their ids. Type, source, tags, collapsed and scrolled count, other metadata,
/// results and attachments do not. The cells that moved are the fewest that can have. Asserts that
/// `contents` has what contents_to_compare() names.
[[nodiscard]] NotebookDiff diff_notebooks(std::span<const CellRef> before,
                                          std::span<const CellRef> after, const Contents& contents);

/// `minor`, `major` or `breaking`: contract §3.13.
[[nodiscard]] std::string_view significance_of(const NotebookDiff& diff);

}  // namespace cellmon::notebook
