#include "classroom/notebook_versions.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

namespace cellmon::classroom {
namespace {

/// `t` is the newest version of each branch that has one.
constexpr std::string_view kSelectBranch =
    "SELECT b.id, b.branch_id, b.history_id, b.branch_name, b.description, b.created_by, "
    "b.created_us, b.branched_from, b.metadata, "
    "(SELECT count(*) FROM notebook_versions v WHERE v.branch_id = b.id), "
    "t.created_us, h.id, h.version_id, h.number, hb.branch_name, f.version_id, fb.branch_id, "
    "fb.branch_name, m.created_us, mb.branch_id FROM notebook_branches b "
    "LEFT JOIN notebook_versions t ON t.id = "
    "(SELECT max(v.id) FROM notebook_versions v WHERE v.branch_id = b.id) "
    "LEFT JOIN notebook_versions f ON f.id = b.branched_from "
    "LEFT JOIN notebook_branches fb ON fb.id = f.branch_id "
    "LEFT JOIN notebook_versions h ON h.id = coalesce(t.id, f.id) "
    "LEFT JOIN notebook_branches hb ON hb.id = h.branch_id "
    "LEFT JOIN notebook_versions m ON m.id = "
    "(SELECT min(v.id) FROM notebook_versions v WHERE v.merged_id = t.id) "
    "LEFT JOIN notebook_branches mb ON mb.id = m.branch_id";

Branch branch_of(const sql::Row& row) {
    Branch branch;
    branch.id = row.integer(0);
    branch.branch_id = row.text(1);
    branch.history_id = row.integer(2);
    branch.name = row.text(3);
    branch.description = row.optional_text(4);
    branch.created_by = row.text(5);
    branch.created_us = row.integer(6);
    branch.branched_from = row.optional_integer(7);
    branch.metadata = row.text(8);
    branch.total_versions = row.integer(9);
    branch.last_commit_us = row.optional_integer(10);
    branch.head = row.optional_integer(11);
    if (branch.head) {
        branch.head_version_id = row.text(12);
        branch.head_number_text = number_text(row.text(14), row.integer(13));
    }
    branch.from_version_id = row.optional_text(15);
    branch.from_branch_id = row.optional_text(16);
    branch.from_branch_name = row.optional_text(17);
    branch.merged_us = row.optional_integer(18);
    branch.merged_into_branch_id = row.optional_text(19);
    return branch;
}

constexpr std::string_view kSelectVersion =
    "SELECT v.id, v.version_id, v.history_id, v.branch_id, v.number, v.parent_id, v.merged_id, "
    "v.snapshot_id, v.message, v.author_id, v.author_name, v.created_us, v.total_changes, "
    "v.cells_added, v.cells_deleted, v.cells_modified, v.cells_moved, v.metadata, "
    "b.branch_name, b.branch_id, p.version_id, p.number, pb.branch_name, m.version_id "
    "FROM notebook_versions v JOIN notebook_branches b ON b.id = v.branch_id "
    "LEFT JOIN notebook_versions p ON p.id = v.parent_id "
    "LEFT JOIN notebook_branches pb ON pb.id = p.branch_id "
    "LEFT JOIN notebook_versions m ON m.id = v.merged_id";

Version version_of(const sql::Row& row) {
    Version version;
    version.id = row.integer(0);
    version.version_id = row.text(1);
    version.history_id = row.integer(2);
    version.branch_id = row.integer(3);
    version.number = row.integer(4);
    version.parent_id = row.optional_integer(5);
    version.merged_id = row.optional_integer(6);
    version.snapshot_id = row.integer(7);
    version.message = row.text(8);
    version.author = {row.text(9), row.text(10)};
    version.created_us = row.integer(11);
    version.counts.total_changes = row.integer(12);
    version.counts.cells_added = row.integer(13);
    version.counts.cells_deleted = row.integer(14);
    version.counts.cells_modified = row.integer(15);
    version.counts.cells_moved = row.integer(16);
    version.metadata = row.text(17);
    version.branch_name = row.text(18);
    version.branch_text_id = row.text(19);
    version.parent_version_id = row.optional_text(20);
    if (version.parent_version_id) {
        version.parent_number_text = number_text(row.text(22), row.integer(21));
    }
    version.merged_version_id = row.optional_text(23);
    return version;
}

Result<std::optional<Branch>> select_branch(sql::Connection& connection,
                                            const sql::Conditions& conditions) {
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectBranch, "", {}));
    if (rows.empty()) return std::nullopt;
    return branch_of(rows.front());
}

Result<std::optional<Version>> select_version(sql::Connection& connection,
                                              const sql::Conditions& conditions) {
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectVersion, "", {}));
    if (rows.empty()) return std::nullopt;
    Version version = version_of(rows.front());
    CELLMON_TRY_ASSIGN(
        const auto tags,
        connection.run("SELECT tag FROM notebook_tags WHERE version_id = $1 ORDER BY tag",
                       version.id));
    for (const sql::Row& row : tags.rows)
        version.tags.push_back(row.text(0));
    return version;
}

}  // namespace

std::string number_text(std::string_view branch_name, std::int64_t number) {
    if (branch_name == kMainBranch) return fmt::format("v{}.0.0", number);
    return fmt::format("{}-v{}.0.0", branch_name, number);
}

Result<Branch> add_branch(sql::Connection& connection, Branch added, RandomSource& random) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO notebook_branches (branch_id, history_id, branch_name, "
                       "description, created_by, created_us, branched_from, metadata) VALUES "
                       "($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
                       random.id().to_string(), added.history_id, added.name, added.description,
                       added.created_by, added.created_us, added.branched_from, added.metadata));
    CELLMON_TRY_ASSIGN(auto stored, find_branch(connection, rows.front().integer(0)));
    return std::move(*stored);
}

Result<std::optional<Branch>> find_branch(sql::Connection& connection, std::string_view branch_id) {
    sql::Conditions conditions;
    conditions.add("b.branch_id = ?", branch_id);
    return select_branch(connection, conditions);
}

Result<std::optional<Branch>> find_branch(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("b.id = ?", id);
    return select_branch(connection, conditions);
}

Result<std::optional<Branch>> find_branch(sql::Connection& connection, std::int64_t history_id,
                                          std::string_view name) {
    sql::Conditions conditions;
    conditions.add("b.history_id = ?", history_id);
    conditions.add("b.branch_name = ?", name);
    return select_branch(connection, conditions);
}

Result<std::vector<Branch>> list_branches(sql::Connection& connection, std::int64_t history_id) {
    CELLMON_TRY_ASSIGN(const auto rows, connection.run(std::string(kSelectBranch) +
                                                           " WHERE b.history_id = $1 ORDER BY b.id",
                                                       history_id));
    std::vector<Branch> branches;
    branches.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        branches.push_back(branch_of(row));
    return branches;
}

Result<Version> add_version(sql::Connection& connection, Version added, RandomSource& random) {
    // Twelve digits are few enough to be drawn twice.
    std::string version_id;
    for (bool taken = true; taken;) {
        version_id = fmt::format("{:012x}", random.u64() >> 16U);
        CELLMON_TRY_ASSIGN(
            const auto rows,
            connection.run("SELECT 1 FROM notebook_versions WHERE version_id = $1", version_id));
        taken = !rows.empty();
    }
    CELLMON_TRY_ASSIGN(
        const auto newest,
        connection.run("SELECT coalesce(max(number), 0) FROM notebook_versions WHERE branch_id = "
                       "$1",
                       added.branch_id));
    const notebook::ChangeCounts& counts = added.counts;
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run(
            "INSERT INTO notebook_versions (version_id, history_id, branch_id, number, parent_id, "
            "merged_id, snapshot_id, message, author_id, author_name, created_us, total_changes, "
            "cells_added, cells_deleted, cells_modified, cells_moved, metadata) VALUES ($1, $2, "
            "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id",
            version_id, added.history_id, added.branch_id, newest.front().integer(0) + 1,
            added.parent_id, added.merged_id, added.snapshot_id, added.message, added.author.id,
            added.author.name, added.created_us, counts.total_changes, counts.cells_added,
            counts.cells_deleted, counts.cells_modified, counts.cells_moved, added.metadata));
    CELLMON_TRY_ASSIGN(auto stored, find_version(connection, rows.front().integer(0)));
    return std::move(*stored);
}

Result<std::optional<Version>> find_version(sql::Connection& connection,
                                            std::string_view version_id) {
    sql::Conditions conditions;
    conditions.add("v.version_id = ?", version_id);
    return select_version(connection, conditions);
}

Result<std::optional<Version>> find_version(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("v.id = ?", id);
    return select_version(connection, conditions);
}

Result<std::vector<Version>> list_versions(sql::Connection& connection, std::int64_t history_id,
                                           sql::Page page) {
    sql::Conditions conditions;
    conditions.add("v.history_id = ?", history_id);
    CELLMON_TRY_ASSIGN(const auto rows,
                       conditions.select(connection, kSelectVersion, "ORDER BY v.id DESC", page));
    std::vector<Version> versions;
    std::unordered_map<std::int64_t, std::size_t> places;
    for (const sql::Row& row : rows.rows) {
        versions.push_back(version_of(row));
        places.emplace(versions.back().id, versions.size() - 1);
    }
    CELLMON_TRY_ASSIGN(
        const auto tags,
        connection.run("SELECT version_id, tag FROM notebook_tags WHERE history_id = $1 ORDER BY "
                       "tag",
                       history_id));
    for (const sql::Row& row : tags.rows) {
        const auto found = places.find(row.integer(0));
        if (found != places.end()) versions[found->second].tags.push_back(row.text(1));
    }
    return versions;
}

Result<std::int64_t> count_versions(sql::Connection& connection, std::int64_t history_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT count(*) FROM notebook_versions WHERE history_id = $1", history_id));
    return rows.front().integer(0);
}

Result<VersionTotals> version_totals(sql::Connection& connection, std::int64_t history_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT count(*), max(v.created_us), (SELECT n.version_id FROM "
                       "notebook_versions n WHERE n.history_id = $1 ORDER BY n.id DESC LIMIT 1) "
                       "FROM notebook_versions v WHERE v.history_id = $1",
                       history_id));
    VersionTotals totals{rows.front().integer(0), rows.front().optional_integer(1),
                         rows.front().optional_text(2)};
    CELLMON_TRY_ASSIGN(
        const auto authors,
        connection.run("SELECT DISTINCT author_id FROM notebook_versions WHERE history_id = $1",
                       history_id));
    for (const sql::Row& row : authors.rows)
        totals.contributors.push_back(row.text(0));
    std::sort(totals.contributors.begin(), totals.contributors.end());
    return totals;
}

Result<std::optional<std::int64_t>> merge_base(sql::Connection& connection, std::int64_t history_id,
                                               std::int64_t one, std::int64_t other) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT id, parent_id, merged_id FROM notebook_versions WHERE history_id = "
                       "$1",
                       history_id));
    std::unordered_map<std::int64_t, std::vector<std::int64_t>> parents;
    for (const sql::Row& row : rows.rows) {
        for (const std::size_t column : {1U, 2U}) {
            if (const auto parent = row.optional_integer(column)) {
                parents[row.integer(0)].push_back(*parent);
            }
        }
    }
    const auto ancestors = [&](std::int64_t from) {
        std::set<std::int64_t> found{from};
        std::vector<std::int64_t> open{from};
        while (!open.empty()) {
            const std::int64_t id = open.back();
            open.pop_back();
            for (const std::int64_t parent : parents[id]) {
                if (found.insert(parent).second) open.push_back(parent);
            }
        }
        return found;
    };
    const auto of_one = ancestors(one);
    const auto of_other = ancestors(other);
    // Ids grow, so no version has a younger one among its ancestors.
    for (auto id = of_one.rbegin(); id != of_one.rend(); ++id) {
        if (of_other.contains(*id)) return *id;
    }
    return std::nullopt;
}

Result<void> add_tag(sql::Connection& connection, const Version& version, std::string_view tag,
                     TimeUs now) {
    CELLMON_TRY(connection.run(
        "INSERT INTO notebook_tags (history_id, tag, version_id, created_us) VALUES ($1, $2, $3, "
        "$4)",
        version.history_id, tag, version.id, now));
    return {};
}

Result<bool> remove_tag(sql::Connection& connection, const Version& version, std::string_view tag) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("DELETE FROM notebook_tags WHERE version_id = $1 AND tag = "
                                      "$2",
                                      version.id, tag));
    return rows.changed > 0;
}

Result<std::vector<Tag>> list_tags(sql::Connection& connection, std::int64_t history_id) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT t.tag, v.version_id, t.created_us FROM notebook_tags t JOIN "
                       "notebook_versions v ON v.id = t.version_id WHERE t.history_id = $1 ORDER "
                       "BY t.tag",
                       history_id));
    std::vector<Tag> tags;
    for (const sql::Row& row : rows.rows)
        tags.push_back({row.text(0), row.text(1), row.integer(2)});
    return tags;
}

}  // namespace cellmon::classroom
