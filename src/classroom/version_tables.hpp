#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that makes versions of notebooks.
///
/// What a cell is, and what came of running it, is a row of `notebook_contents`, once for all
/// notebooks; a result has no `cell_type`. The totals of a snapshot, which never changes, are
/// written when it has its cells. `history_key` is the SHA-256 of owner and path, which are too
/// long for an index. A branch is named by its versions, so it does not name the one that it was
/// made from by a key.
inline constexpr std::string_view kVersionTables = R"sql(
CREATE TABLE notebook_contents (
    id {id},
    content_hash TEXT NOT NULL UNIQUE CHECK (length(content_hash) = 64),
    content TEXT NOT NULL,
    cell_type TEXT CHECK (cell_type IN ('code', 'markdown', 'raw')),
    line_count BIGINT NOT NULL,
    character_count BIGINT NOT NULL,
    executed_us BIGINT,
    execution_count BIGINT
);
CREATE TABLE notebook_histories (
    id {id},
    history_key TEXT NOT NULL UNIQUE CHECK (length(history_key) = 64),
    owner TEXT NOT NULL CHECK (length(owner) <= 320),
    path TEXT NOT NULL CHECK (length(path) BETWEEN 1 AND 600),
    created_us BIGINT NOT NULL
);
CREATE TABLE notebook_snapshots (
    id {id},
    snapshot_id TEXT NOT NULL UNIQUE CHECK (length(snapshot_id) = 16),
    history_id BIGINT NOT NULL REFERENCES notebook_histories (id) ON DELETE CASCADE,
    content_hash TEXT NOT NULL CHECK (length(content_hash) = 64),
    header TEXT NOT NULL,
    author_id TEXT NOT NULL CHECK (length(author_id) BETWEEN 1 AND 320),
    author_name TEXT NOT NULL CHECK (length(author_name) <= 512),
    created_us BIGINT NOT NULL,
    total_cells BIGINT,
    total_lines BIGINT,
    total_characters BIGINT,
    code_cells BIGINT,
    markdown_cells BIGINT,
    execution_count BIGINT,
    last_execution_us BIGINT
);
CREATE INDEX notebook_snapshots_history ON notebook_snapshots (history_id);
CREATE TABLE notebook_snapshot_cells (
    snapshot_id BIGINT NOT NULL REFERENCES notebook_snapshots (id) ON DELETE CASCADE,
    place BIGINT NOT NULL CHECK (place >= 0),
    cell_id TEXT NOT NULL CHECK (length(cell_id) BETWEEN 1 AND 256),
    content_id BIGINT NOT NULL REFERENCES notebook_contents (id),
    result_id BIGINT REFERENCES notebook_contents (id),
    PRIMARY KEY (snapshot_id, place)
);
CREATE INDEX notebook_snapshot_cells_content ON notebook_snapshot_cells (content_id);
CREATE INDEX notebook_snapshot_cells_result ON notebook_snapshot_cells (result_id);
CREATE TABLE notebook_branches (
    id {id},
    branch_id TEXT NOT NULL UNIQUE CHECK (length(branch_id) = 36),
    history_id BIGINT NOT NULL REFERENCES notebook_histories (id) ON DELETE CASCADE,
    branch_name TEXT NOT NULL CHECK (length(branch_name) BETWEEN 1 AND 200),
    description TEXT CHECK (length(description) <= 10000),
    created_by TEXT NOT NULL CHECK (length(created_by) BETWEEN 1 AND 320),
    created_us BIGINT NOT NULL,
    branched_from BIGINT,
    metadata TEXT NOT NULL,
    UNIQUE (history_id, branch_name)
);
CREATE TABLE notebook_versions (
    id {id},
    version_id TEXT NOT NULL UNIQUE CHECK (length(version_id) = 12),
    history_id BIGINT NOT NULL REFERENCES notebook_histories (id) ON DELETE CASCADE,
    branch_id BIGINT NOT NULL REFERENCES notebook_branches (id) ON DELETE CASCADE,
    number BIGINT NOT NULL CHECK (number >= 1),
    parent_id BIGINT REFERENCES notebook_versions (id),
    merged_id BIGINT REFERENCES notebook_versions (id),
    snapshot_id BIGINT NOT NULL REFERENCES notebook_snapshots (id),
    message TEXT NOT NULL CHECK (length(message) <= 10000),
    author_id TEXT NOT NULL CHECK (length(author_id) BETWEEN 1 AND 320),
    author_name TEXT NOT NULL CHECK (length(author_name) <= 512),
    created_us BIGINT NOT NULL,
    total_changes BIGINT NOT NULL,
    cells_added BIGINT NOT NULL,
    cells_deleted BIGINT NOT NULL,
    cells_modified BIGINT NOT NULL,
    cells_moved BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (branch_id, number)
);
CREATE INDEX notebook_versions_history ON notebook_versions (history_id, id);
CREATE INDEX notebook_versions_parent ON notebook_versions (parent_id);
CREATE INDEX notebook_versions_merged ON notebook_versions (merged_id);
CREATE INDEX notebook_versions_snapshot ON notebook_versions (snapshot_id);
CREATE TABLE notebook_tags (
    history_id BIGINT NOT NULL REFERENCES notebook_histories (id) ON DELETE CASCADE,
    tag TEXT NOT NULL CHECK (length(tag) BETWEEN 1 AND 100),
    version_id BIGINT NOT NULL REFERENCES notebook_versions (id) ON DELETE CASCADE,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (history_id, tag)
);
CREATE INDEX notebook_tags_version ON notebook_tags (version_id);
)sql";

/// A content that gains by it lies in `packed`, as packed_text.hpp has it, and its `content` is
/// empty. Those of before stay as they are.
inline constexpr std::string_view kPackedContents = R"sql(
ALTER TABLE notebook_contents ADD COLUMN packed BYTEA;
ALTER TABLE notebook_contents ADD COLUMN byte_count BIGINT;
)sql";

}  // namespace cellmon::classroom
