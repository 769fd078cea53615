#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "classroom/notebook_snapshots.hpp"
#include "notebook/cell_diff.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Versions of notebooks: rows of `notebook_versions`, `notebook_branches` and `notebook_tags`. Each
// function is a part of the caller's transaction.
namespace cellmon::classroom {

inline constexpr std::string_view kMainBranch = "main";

struct Branch {
    std::int64_t id = 0;
    std::string branch_id;  ///< A UUID.
    std::int64_t history_id = 0;
    std::string name;
    std::optional<std::string> description = std::nullopt;
    std::string created_by = {};
    TimeUs created_us = 0;
    std::optional<std::int64_t> branched_from = std::nullopt;  ///< A row of versions.
    std::string metadata = "{}";                               ///< JSON.

    // Of its versions; read with the row, not written with it.
    std::int64_t total_versions = 0;
    std::optional<TimeUs> last_commit_us = std::nullopt;
    std::optional<std::int64_t> head = std::nullopt;  ///< The newest, else branched_from.
    std::optional<std::string> head_version_id = std::nullopt;
    std::optional<std::string> head_number_text = std::nullopt;
    std::optional<std::string> from_version_id = std::nullopt;
    std::optional<std::string> from_branch_id = std::nullopt;
    std::optional<std::string> from_branch_name = std::nullopt;

    // Of the version that took its newest one in.
    std::optional<TimeUs> merged_us = std::nullopt;
    std::optional<std::string> merged_into_branch_id = std::nullopt;
};

struct Version {
    std::int64_t id = 0;
    std::string version_id;  ///< 12 hexadecimal digits.
    std::int64_t history_id = 0;
    std::int64_t branch_id = 0;
    std::int64_t number = 0;  ///< In its branch, from 1.
    std::optional<std::int64_t> parent_id = std::nullopt;
    std::optional<std::int64_t> merged_id = std::nullopt;  ///< The other one that it was made of.
    std::int64_t snapshot_id = 0;
    std::string message = {};
    Author author = {};
    TimeUs created_us = 0;
    notebook::ChangeCounts counts = {};  ///< Those of cells: what it did to its parent.
    std::string metadata = "{}";         ///< JSON.

    // Read with the row, not written with it.
    std::string branch_name = {};
    std::string branch_text_id = {};
    std::optional<std::string> parent_version_id = std::nullopt;
    std::optional<std::string> parent_number_text = std::nullopt;
    std::optional<std::string> merged_version_id = std::nullopt;
    std::vector<std::string> tags = {};
};

/// `v3.0.0` on main, `<branch>-v3.0.0` elsewhere.
[[nodiscard]] std::string number_text(std::string_view branch_name, std::int64_t number);

/// already_exists when the history has a branch of that name.
Result<Branch> add_branch(sql::Connection& connection, Branch added, RandomSource& random);
Result<std::optional<Branch>> find_branch(sql::Connection& connection, std::string_view branch_id);
Result<std::optional<Branch>> find_branch(sql::Connection& connection, std::int64_t id);
Result<std::optional<Branch>> find_branch(sql::Connection& connection, std::int64_t history_id,
                                          std::string_view name);
/// In the order in which they were made.
Result<std::vector<Branch>> list_branches(sql::Connection& connection, std::int64_t history_id);

/// Fills in id, version_id and number, the next of its branch.
Result<Version> add_version(sql::Connection& connection, Version added, RandomSource& random);
Result<std::optional<Version>> find_version(sql::Connection& connection,
                                            std::string_view version_id);
Result<std::optional<Version>> find_version(sql::Connection& connection, std::int64_t id);

/// The newest first.
Result<std::vector<Version>> list_versions(sql::Connection& connection, std::int64_t history_id,
                                           sql::Page page);

struct VersionTotals {
    std::int64_t versions = 0;
    std::optional<TimeUs> last_us = std::nullopt;
    std::optional<std::string> newest = std::nullopt;  ///< Its version_id.
    std::vector<std::string> contributors = {};        ///< Author ids, sorted.
};
Result<std::int64_t> count_versions(sql::Connection& connection, std::int64_t history_id);

Result<VersionTotals> version_totals(sql::Connection& connection, std::int64_t history_id);

/// The newest version that both come from, themselves included; nullopt: none.
Result<std::optional<std::int64_t>> merge_base(sql::Connection& connection, std::int64_t history_id,
                                               std::int64_t one, std::int64_t other);

struct Tag {
    std::string tag;
    std::string version_id;
    TimeUs created_us = 0;
};
/// already_exists when another version of the history has it.
Result<void> add_tag(sql::Connection& connection, const Version& version, std::string_view tag,
                     TimeUs now);
/// False: the version does not have it.
Result<bool> remove_tag(sql::Connection& connection, const Version& version, std::string_view tag);
/// By name.
Result<std::vector<Tag>> list_tags(sql::Connection& connection, std::int64_t history_id);

}  // namespace cellmon::classroom
