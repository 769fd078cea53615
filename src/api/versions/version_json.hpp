#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "classroom/notebook_histories.hpp"
#include "classroom/notebook_snapshots.hpp"
#include "classroom/notebook_versions.hpp"
#include "notebook/cell_diff.hpp"
#include "notebook/merge.hpp"

namespace cellmon::api {

// The texts of notebook versions (contract §3.13): its keys in its order, what it does not know
// behind them.

/// NbSnap. `cells`: null in lists, which leave that key out.
[[nodiscard]] std::string snapshot_json(const classroom::Snapshot& snapshot,
                                        const classroom::NotebookHistory& history,
                                        const std::vector<classroom::StoredCell>* cells);

/// Ver. `diff`: what it did to its parent; null in lists, which leave `diffs` out.
[[nodiscard]] std::string version_json(const classroom::Version& version,
                                       const classroom::NotebookHistory& history,
                                       const std::string& snapshot,
                                       const notebook::NotebookDiff* diff);

[[nodiscard]] std::string branch_json(const classroom::Branch& branch,
                                      const classroom::NotebookHistory& history);

[[nodiscard]] std::string tags_json(std::span<const classroom::Tag> tags);

/// Cmp.
[[nodiscard]] std::string comparison_json(const classroom::Version& from,
                                          const classroom::Version& to,
                                          const notebook::NotebookDiff& diff, TimeUs now);

[[nodiscard]] std::string conflicts_json(std::span<const notebook::Conflict> conflicts);

[[nodiscard]] std::string histories_json(std::span<const classroom::HistoryLine> lines);

}  // namespace cellmon::api
