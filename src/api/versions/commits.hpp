#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/versions/owners.hpp"
#include "api/versions/version_input.hpp"
#include "base/random.hpp"
#include "notebook/cell_diff.hpp"

namespace cellmon::api {

/// A version with all that an answer tells of it.
struct WholeVersion {
    classroom::Version version;
    classroom::Snapshot snapshot;
    std::vector<classroom::StoredCell> cells;
    notebook::NotebookDiff diff;  ///< What it did to its parent; to an empty notebook, without one.
};
Result<WholeVersion> whole_version(const Visit& visit, const classroom::Version& version);

[[nodiscard]] std::string whole_json(const WholeVersion& whole,
                                     const classroom::NotebookHistory& history);

/// What `to` did to `from`; null: to an empty notebook.
Result<notebook::NotebookDiff> compare(const Visit& visit, const classroom::Snapshot* from,
                                       const classroom::Snapshot& to);

/// The branch of that name, made when it is not there: from the newest version of main.
Result<classroom::Branch> branch_to_write(const Visit& visit,
                                          const classroom::NotebookHistory& history,
                                          const CommitInput& input, RandomSource& random);

/// 409 when the branch is not at the version that the input names.
[[nodiscard]] std::optional<http::Response> moved_on(const classroom::Branch& branch,
                                                     const CommitInput& input);

/// 409 when the history has as many versions as it may have.
Result<std::optional<http::Response>> full_history(const Visit& visit,
                                                   const classroom::NotebookHistory& history,
                                                   const classroom::ClassLimits& limits);

/// The next version of the branch. `merged`: the other one that it was made of.
Result<classroom::Version> commit(const Visit& visit, const classroom::Branch& branch,
                                  const classroom::Snapshot& snapshot, const CommitInput& input,
                                  std::optional<std::int64_t> merged, RandomSource& random);

/// `notebook a/b.ipynb`, with its owner where it has one: as the audit log names it.
[[nodiscard]] std::string subject_of(const classroom::NotebookHistory& history);

}  // namespace cellmon::api
