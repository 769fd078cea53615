// Snapshots and commits (contract §3.13).
#include <fmt/format.h>

#include "api/class_input.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"
#include "api/versions/commits.hpp"
#include "api/versions/version_json.hpp"
#include "api/versions/version_routes.hpp"
#include "base/assert.hpp"
#include "classroom/limits.hpp"

namespace cellmon::api {
namespace {

using classroom::NotebookHistory;
using classroom::Snapshot;
using classroom::Version;
using http::Method;
using http::Request;
using http::Responder;
using http::Response;

void take(const VersionParts& parts, Request&& request, Responder responder) {
    change_with(
        parts, std::move(request), std::move(responder),
        [&parts](const Request& asked) { return SnapshotInput::read(asked, parts.limits); },
        [&parts](Visit& visit, const SnapshotInput& input) -> RowAnswer {
            CELLMON_HELD(const auto history, history_to_write(visit, input.path));
            CELLMON_TRY_ASSIGN(const auto before,
                               classroom::count_snapshots(visit.connection, history.id));
            CELLMON_TRY_ASSIGN(const auto snapshot,
                               classroom::take_snapshot(visit.connection, history.id,
                                                        input.notebook, input.author, visit.now));
            CELLMON_TRY_ASSIGN(const auto now,
                               classroom::count_snapshots(visit.connection, history.id));
            // One that was there already is no more of them.
            if (now > before && now > static_cast<std::int64_t>(parts.limits.notebook_versions)) {
                return refused(409, fmt::format("notebook_path: the notebook has {} snapshots, as "
                                                "many as classroom.notebook_versions allows",
                                                before));
            }
            CELLMON_TRY(visit.note("notebook.snapshot", subject_of(history), snapshot.snapshot_id));
            CELLMON_TRY_ASSIGN(const auto cells, classroom::cells_of(visit.connection, snapshot));
            return answered(http::json_response(
                201, RowJson()
                         .text("message", "Snapshot created successfully")
                         .json("snapshot", snapshot_json(snapshot, history, &cells))
                         .offset_time("created_at", snapshot.created_us)
                         .end()));
        });
}

/// The commit and its line in the audit log; the version with all that belongs to it.
Held<WholeVersion> commit_noted(const Visit& visit, const NotebookHistory& history,
                                const Snapshot& snapshot, const CommitInput& input,
                                const VersionParts& parts) {
    using Found = tl::expected<WholeVersion, Response>;
    CELLMON_TRY_ASSIGN(auto full, full_history(visit, history, parts.limits));
    if (full) return Found(tl::unexpected(std::move(*full)));
    CELLMON_TRY_ASSIGN(const auto branch, branch_to_write(visit, history, input, parts.random));
    if (auto refusal = moved_on(branch, input)) return Found(tl::unexpected(std::move(*refusal)));
    CELLMON_TRY_ASSIGN(const auto version,
                       commit(visit, branch, snapshot, input, std::nullopt, parts.random));
    CELLMON_TRY(visit.note("notebook.commit", subject_of(history), version.version_id));
    CELLMON_TRY_ASSIGN(auto whole, whole_version(visit, version));
    return Found(std::move(whole));
}

std::string committed_json(const WholeVersion& whole, const NotebookHistory& history,
                           bool with_snapshot) {
    const Version& version = whole.version;
    RowJson json;
    json.text("message", "Version committed successfully")
        .json("version", whole_json(whole, history));
    if (with_snapshot) {
        json.json("snapshot", snapshot_json(whole.snapshot, history, &whole.cells));
    }
    return json.text("version_id", version.version_id)
        .text("version_number", classroom::number_text(version.branch_name, version.number))
        .end();
}

void commit_snapshot(const VersionParts& parts, Request&& request, Responder responder) {
    auto input = SnapshotCommitInput::read(request);
    if (!input) return responder.send(std::move(input).error());
    change(
        parts, std::move(request), std::move(responder),
        [&parts, input = std::move(*input)](Visit& visit) -> RowAnswer {
            CELLMON_HELD(const auto held, held_snapshot(visit, input.snapshot_id, Hold::write));
            // A snapshot is of the notebook that it was taken of.
            if (held.history.path != input.path) {
                return refused(404, fmt::format("Snapshot {} not found", input.snapshot_id));
            }
            CELLMON_HELD(const auto whole,
                         commit_noted(visit, held.history, held.snapshot, input, parts));
            return answered(http::json_response(201, committed_json(whole, held.history, false)));
        });
}

Held<std::string> commit_notebook(const Visit& visit, const notebook::Notebook& notebook,
                                  const CommitInput& input, const VersionParts& parts) {
    using Found = tl::expected<std::string, Response>;
    CELLMON_TRY_ASSIGN(const auto history, history_to_write(visit, input.path));
    if (!history) return Found(tl::unexpected(history.error()));
    CELLMON_TRY_ASSIGN(
        const auto snapshot,
        classroom::take_snapshot(visit.connection, history->id, notebook, input.author, visit.now));
    CELLMON_TRY_ASSIGN(const auto whole, commit_noted(visit, *history, snapshot, input, parts));
    if (!whole) return Found(tl::unexpected(whole.error()));
    return Found(committed_json(*whole, *history, true));
}

void commit_direct(const VersionParts& parts, Request&& request, Responder responder) {
    change_with(
        parts, std::move(request), std::move(responder),
        [&parts](const Request& asked) { return DirectCommitInput::read(asked, parts.limits); },
        [&parts](Visit& visit, const DirectCommitInput& input) -> RowAnswer {
            CELLMON_HELD(auto json, commit_notebook(visit, input.notebook, input, parts));
            return answered(http::json_response(201, std::move(json)));
        });
}

/// A notebook that tells when it was made, so that each simulation is another version.
notebook::Notebook sample(TimeUs now) {
    const std::string json = fmt::format(
        R"json({{"nbformat":4,"nbformat_minor":5,"metadata":{{"kernelspec":{{"name":"python3",)json"
        R"json("display_name":"Python 3","language":"python"}}}},"cells":[)json"
        R"json({{"id":"title","cell_type":"markdown","source":"# 見本 / Sample"}},)json"
        R"json({{"id":"time","source":"made_at = \"{}\"\nprint(made_at)"}}]}})json",
        format_time(now));
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    CELLMON_ASSERT(parser.parse(json).get(root) == simdjson::SUCCESS);
    return notebook::read_notebook(root).value();
}

tl::expected<CommitInput, Response> simulation_of(const Request& request) {
    CommitInput input;
    input.message = "Simulated commit";
    struct Parameter {
        std::string_view name;
        classroom::TextLimit limit;
        std::string_view otherwise;
        std::string& target;
    };
    for (const Parameter& one : std::initializer_list<Parameter>{
             {"notebook_path", classroom::kNotebookPath, "simulation/sample.ipynb", input.path},
             {"author_id", classroom::kAuthorId, "simulator", input.author.id},
             {"author_name", classroom::kAuthorName, "Simulator", input.author.name},
             {"branch_name", classroom::kBranchName, classroom::kMainBranch, input.branch}}) {
        auto text = query_line(request, one.name, one.limit, one.otherwise);
        if (!text) return tl::unexpected(std::move(text).error());
        one.target = std::move(*text);
    }
    return input;
}

void simulate(const VersionParts& parts, Request&& request, Responder responder) {
    auto input = simulation_of(request);
    if (!input) return responder.send(std::move(input).error());
    change(parts, std::move(request), std::move(responder),
           [&parts, input = std::move(*input)](Visit& visit) -> RowAnswer {
               CELLMON_HELD(const auto json,
                            commit_notebook(visit, sample(visit.now), input, parts));
               return answered(http::json_response(
                   201, RowJson()
                            .text("message", "Commit simulation completed successfully")
                            .json("simulation_result", json)
                            .offset_time("simulated_at", visit.now)
                            .end()));
           });
}

}  // namespace

void add_commit_routes(http::Router& router, const VersionParts& parts) {
    VersionMount mount(router, parts);
    mount(Method::post, version_path("snapshot"), take);
    mount(Method::post, version_path("commit"), commit_snapshot);
    mount(Method::post, version_path("commit-direct"), commit_direct);
    mount(Method::post, version_path("simulate-commit"), simulate);
}

}  // namespace cellmon::api
