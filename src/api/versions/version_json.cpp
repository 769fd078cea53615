#include "api/versions/version_json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "api/row_json.hpp"
#include "base/assert.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

using classroom::NotebookHistory;
using classroom::Snapshot;
using classroom::StoredCell;
using classroom::Version;
using notebook::CellDiff;
using notebook::NotebookDiff;

/// The fields of a stored object without its braces.
std::string_view inner(const std::string& object) {
    return std::string_view(object).substr(1, object.size() - 2);
}

void append_cell(std::string& json, const StoredCell& cell) {
    json += R"({"cell_id":)";
    event::append_json_string(json, cell.id);
    (json += ',') += inner(cell.content);
    json += ',';
    json += cell.result.empty() ? R"("execution_count":null,"outputs":[])" : inner(cell.result);
    fmt::format_to(std::back_inserter(json), R"(,"line_count":{},"character_count":{}}})",
                   cell.line_count, cell.character_count);
}

std::string diffs_json(const NotebookDiff& diff) {
    std::vector<std::string> list;
    list.reserve(diff.cells.size());
    for (const CellDiff& cell : diff.cells) {
        list.push_back(RowJson()
                           .text("cell_id", cell.cell_id)
                           .text("change_type", name_of(cell.type))
                           .put("old_content", cell.old_content)
                           .put("new_content", cell.new_content)
                           .json("line_diffs", text_list(cell.line_diffs))
                           .put("lines_added", cell.lines_added)
                           .put("lines_deleted", cell.lines_deleted)
                           .put("lines_modified", cell.lines_modified)
                           .put("old_index", cell.old_index)
                           .put("new_index", cell.new_index)
                           .truth("moved", cell.moved)
                           .end());
    }
    return json_list(list);
}

/// What a person should do about the changes, in Japanese and English.
std::string advice_json(const NotebookDiff& diff) {
    const notebook::ChangeCounts& counts = diff.counts;
    std::vector<std::string> advice;
    if (significance_of(diff) == "breaking") {
        advice.emplace_back(
            "変更が大きいので、ノートブック全体を見直してください / The changes are large: review "
            "the whole notebook");
    }
    if (counts.cells_deleted > 0) {
        advice.push_back(
            fmt::format("削除された {0} 個のセルが不要か確かめてください / Make sure that none of "
                        "the {0} deleted cells is missed",
                        counts.cells_deleted));
    }
    if (counts.cells_moved > 0) {
        advice.emplace_back(
            "順序が変わったので、上から順にすべて実行し直してください / The order has changed: run "
            "all cells again from the top");
    } else if (counts.cells_added + counts.cells_modified > 0) {
        advice.push_back(
            fmt::format("変更または追加された {0} 個のセルを実行し直してください / Run the {0} "
                        "changed or added cells again",
                        counts.cells_added + counts.cells_modified));
    }
    return text_list(advice);
}

}  // namespace

std::string snapshot_json(const Snapshot& snapshot, const NotebookHistory& history,
                          const std::vector<StoredCell>* cells) {
    simdjson::dom::parser parser;
    simdjson::dom::element header;
    CELLMON_ASSERT(parser.parse(snapshot.header).get(header) == simdjson::SUCCESS);
    const auto field = [&](std::string_view pointer, std::string_view otherwise) {
        simdjson::dom::element value;
        return header.at_pointer(pointer).get(value) == simdjson::SUCCESS
                   ? std::string(simdjson::minify(value))
                   : std::string(otherwise);
    };
    RowJson json;
    json.text("snapshot_id", snapshot.snapshot_id)
        .text("notebook_path", history.path)
        .offset_time("created_at", snapshot.created_us)
        .json("notebook_metadata", field("/metadata", "{}"))
        .json("kernel_spec", field("/metadata/kernelspec", "{}"));
    if (cells != nullptr) {
        std::string list = "[";
        for (const StoredCell& cell : *cells) {
            if (list.size() > 1) list += ',';
            append_cell(list, cell);
        }
        json.json("cells", list + ']');
    }
    return json.put("total_cells", snapshot.total_cells)
        .put("total_lines", snapshot.total_lines)
        .put("total_characters", snapshot.total_characters)
        .put("code_cells_count", snapshot.code_cells)
        .put("markdown_cells_count", snapshot.markdown_cells)
        .offset_time("last_execution_time", snapshot.last_execution_us)
        .put("execution_count", snapshot.execution_count)
        .json("nbformat", field("/nbformat", "null"))
        .json("nbformat_minor", field("/nbformat_minor", "null"))
        .text("author_id", snapshot.author.id)
        .text("author_name", snapshot.author.name)
        .text("owner", history.owner)
        .end();
}

std::string version_json(const Version& version, const NotebookHistory& history,
                         const std::string& snapshot, const NotebookDiff* diff) {
    const notebook::ChangeCounts& counts = version.counts;
    RowJson json;
    json.text("version_id", version.version_id)
        .text("notebook_path", history.path)
        .offset_time("created_at", version.created_us)
        .text("version_number", classroom::number_text(version.branch_name, version.number))
        .text("status", "committed")
        .text("commit_message", version.message)
        .text("author_id", version.author.id)
        .text("author_name", version.author.name)
        .put("parent_version_id", version.parent_version_id)
        .put("parent_version_number", version.parent_number_text)
        .json("snapshot", snapshot);
    if (diff != nullptr) json.json("diffs", diffs_json(*diff));
    return json.put("total_changes", counts.total_changes)
        .put("cells_added", counts.cells_added)
        .put("cells_deleted", counts.cells_deleted)
        .put("cells_modified", counts.cells_modified)
        .put("cells_moved", counts.cells_moved)
        .json("tags", text_list(version.tags))
        .json("metadata", version.metadata)
        .text("branch_id", version.branch_text_id)
        .text("branch_name", version.branch_name)
        .put("merged_version_id", version.merged_version_id)
        .text("owner", history.owner)
        .end();
}

std::string branch_json(const classroom::Branch& branch, const NotebookHistory& history) {
    return RowJson()
        .text("branch_id", branch.branch_id)
        .text("branch_name", branch.name)
        .text("notebook_path", history.path)
        .offset_time("created_at", branch.created_us)
        .text("created_by", branch.created_by)
        .put("description", branch.description)
        .put("current_version_id", branch.head_version_id)
        .put("current_version_number", branch.head_number_text)
        .put("parent_branch_id", branch.from_branch_id)
        .put("parent_branch_name", branch.from_branch_name)
        .put("branched_from_version_id", branch.from_version_id)
        .put("total_versions", branch.total_versions)
        .offset_time("last_commit_at", branch.last_commit_us)
        .truth("is_merged", branch.merged_us.has_value())
        .offset_time("merged_at", branch.merged_us)
        .put("merged_into_branch_id", branch.merged_into_branch_id)
        .json("metadata", branch.metadata)
        .text("owner", history.owner)
        .end();
}

std::string tags_json(std::span<const classroom::Tag> tags) {
    std::vector<std::string> list;
    for (const classroom::Tag& tag : tags) {
        list.push_back(RowJson()
                           .text("tag", tag.tag)
                           .text("version_id", tag.version_id)
                           .offset_time("created_at", tag.created_us)
                           .end());
    }
    return json_list(list);
}

std::string comparison_json(const Version& from, const Version& to, const NotebookDiff& diff,
                            TimeUs now) {
    const notebook::ChangeCounts& counts = diff.counts;
    const std::string summary = RowJson()
                                    .put("total_changes", counts.total_changes)
                                    .put("cells_added", counts.cells_added)
                                    .put("cells_deleted", counts.cells_deleted)
                                    .put("cells_modified", counts.cells_modified)
                                    .put("cells_moved", counts.cells_moved)
                                    .put("lines_added", counts.lines_added)
                                    .put("lines_deleted", counts.lines_deleted)
                                    .put("lines_modified", counts.lines_modified)
                                    .put("cells_renamed", counts.cells_renamed)
                                    .end();
    // Two versions never change, so what they come to has one name.
    constexpr std::size_t kIdCharacters = 16;
    const std::string id = event::sha256_hex(from.version_id + to.version_id);
    return RowJson()
        .text("comparison_id", id.substr(0, kIdCharacters))
        .offset_time("compared_at", now)
        .text("from_version_id", from.version_id)
        .text("to_version_id", to.version_id)
        .text("from_version_number", classroom::number_text(from.branch_name, from.number))
        .text("to_version_number", classroom::number_text(to.branch_name, to.number))
        .json("cell_diffs", diffs_json(diff))
        .json("summary", summary)
        .real("similarity_score", diff.similarity)
        .text("change_significance", significance_of(diff))
        .json("recommended_actions", advice_json(diff))
        .end();
}

std::string conflicts_json(std::span<const notebook::Conflict> conflicts) {
    std::vector<std::string> list;
    for (const notebook::Conflict& conflict : conflicts) {
        RowJson json;
        if (conflict.cell_id.empty()) {
            json.put("cell_id", std::optional<std::string>());
        } else {
            json.text("cell_id", conflict.cell_id);
        }
        list.push_back(json.text("kind", conflict.kind)
                           .put("base", conflict.base)
                           .put("ours", conflict.ours)
                           .put("theirs", conflict.theirs)
                           .end());
    }
    return json_list(list);
}

std::string histories_json(std::span<const classroom::HistoryLine> lines) {
    std::vector<std::string> list;
    for (const classroom::HistoryLine& line : lines) {
        list.push_back(RowJson()
                           .text("owner", line.history.owner)
                           .text("notebook_path", line.history.path)
                           .offset_time("created_at", line.history.created_us)
                           .put("total_versions", line.versions)
                           .put("total_branches", line.branches)
                           .put("total_snapshots", line.snapshots)
                           .offset_time("last_commit_at", line.last_us)
                           .end());
    }
    return json_list(list);
}

}  // namespace cellmon::api
