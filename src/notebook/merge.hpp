#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "notebook/cell_diff.hpp"
#include "notebook/notebook.hpp"

namespace cellmon::notebook {

/// Three texts into one: what only one side changed is taken from it. nullopt: both changed the
/// same lines, or lines that touch, in different ways.
[[nodiscard]] std::optional<std::string> merge_text(std::string_view base, std::string_view ours,
                                                    std::string_view theirs);

/// What both sides changed in ways that cannot be joined.
struct Conflict {
    std::string cell_id;    ///< Empty: not of one cell.
    std::string_view kind;  ///< `modified`, `added`, `deleted_by_us`, `deleted_by_them`, `order`,
                            ///< `header` (the notebook's metadata and format).
    std::optional<std::string> base;  ///< The texts; nullopt: not there.
    std::optional<std::string> ours;
    std::optional<std::string> theirs;
};

/// Whose version is taken where both changed the same.
enum class Side : std::uint8_t { ours, theirs };

/// By cell id; kOrder and kHeader for what is of no cell.
using Resolutions = std::map<std::string, Side, std::less<>>;
inline constexpr std::string_view kOrder = "@order";
inline constexpr std::string_view kHeader = "@header";

/// A stored notebook.
struct NotebookRef {
    std::string header;
    std::vector<CellRef> cells;
};

struct MergedCell {
    CellRef ref;

    /// What is new: a text made of both. Its hash is ref.content.
    std::optional<Content> made;
};

struct Merge {
    std::vector<Conflict> conflicts;  ///< When there are any, the rest means nothing.
    std::string header;
    std::vector<MergedCell> cells;
};

/// The hashes of the contents that merge_notebooks() asks for.
[[nodiscard]] std::vector<std::string> contents_to_merge(const NotebookRef& base,
                                                         const NotebookRef& ours,
                                                         const NotebookRef& theirs);

/// Joins what both sides did to `base`, cell by cell and within a cell line by line. Results of
/// runs are no conflict: those of the side whose text is taken, ours when it is the same; a text
/// made of both has none. Cells keep the order of the side that changed it; new ones stand behind
/// the cell that they stood behind. Asserts that `contents` has what contents_to_merge() names.
[[nodiscard]] Merge merge_notebooks(const NotebookRef& base, const NotebookRef& ours,
                                    const NotebookRef& theirs, const Contents& contents,
                                    const Resolutions& resolutions);

}  // namespace cellmon::notebook
