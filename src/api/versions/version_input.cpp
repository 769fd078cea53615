#include "api/versions/version_input.hpp"

#include <fmt/format.h>

#include "api/class_input.hpp"
#include "api/parameters.hpp"
#include "classroom/limits.hpp"
#include "classroom/notebook_versions.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Response;
using Presence = BodyFields::Presence;

constexpr std::size_t kMostMetadata = 64U << 10U;  ///< Bytes of `metadata` of a version.
constexpr std::size_t kMostVersionId = 64;

tl::expected<BodyFields, Response> fields_of(const Request& request, std::size_t most_bytes) {
    if (auto refusal = too_large(request, most_bytes)) return tl::unexpected(*refusal);
    return BodyFields::parse(request);
}

notebook::Notebook read_content(BodyFields& fields) {
    constexpr std::string_view kField = "notebook_content";
    const auto value = fields.any(kField, Presence::required);
    if (!value) return {};
    auto notebook = notebook::read_notebook(*value);
    if (notebook) return std::move(*notebook);
    const notebook::Fault& fault = notebook.error();
    fields.refuse_inside(kField, fault.place, fault.type, fault.message);
    return {};
}

classroom::Author read_author(BodyFields& fields) {
    return {fields.line("author_id", Presence::required, classroom::kAuthorId).value_or(""),
            fields.line("author_name", Presence::required, classroom::kAuthorName).value_or("")};
}

std::string read_path(BodyFields& fields) {
    return fields.line("notebook_path", Presence::required, classroom::kNotebookPath).value_or("");
}

std::string read_metadata(BodyFields& fields) {
    constexpr std::string_view kField = "metadata";
    const auto value = fields.any(kField, Presence::optional);
    if (!value || value->is_null()) return "{}";
    if (!value->is_object()) {
        fields.refuse_inside(kField, "", "dict_type", "Input should be a valid dictionary");
        return "{}";
    }
    std::string json = notebook::canonical_json(*value);
    if (json.size() > kMostMetadata) {
        fields.refuse_inside(kField, "", "too_long",
                             fmt::format("Dictionary should have at most {} bytes", kMostMetadata));
    }
    return json;
}

template <typename Input>
tl::expected<Input, Response> when_good(const BodyFields& fields, Input input) {
    if (!fields.ok()) return tl::unexpected(fields.refusal());
    return input;
}

}  // namespace

std::optional<Response> too_large_version(std::size_t bytes, const classroom::ClassLimits& limits) {
    if (bytes <= limits.notebook_bytes) return std::nullopt;
    return http::error_response(
        413, fmt::format("notebook_content: a version of {} bytes exceeds the maximum of {} "
                         "(classroom.notebook_bytes)",
                         bytes, limits.notebook_bytes));
}

tl::expected<SnapshotInput, Response> SnapshotInput::read(const Request& request,
                                                          const classroom::ClassLimits& limits) {
    auto path = query_line(request, "notebook_path", classroom::kNotebookPath, std::nullopt);
    if (!path) return tl::unexpected(path.error());
    auto fields = fields_of(request, limits.body_bytes);
    if (!fields) return tl::unexpected(std::move(fields).error());
    SnapshotInput input;
    input.path = std::move(*path);
    input.notebook = read_content(*fields);
    input.author = read_author(*fields);
    if (auto refusal = too_large_version(notebook::bytes_of(input.notebook), limits)) {
        return tl::unexpected(std::move(*refusal));
    }
    return when_good(*fields, std::move(input));
}

void CommitInput::read_common(BodyFields& fields) {
    path = read_path(fields);
    author = read_author(fields);
    metadata = read_metadata(fields);
    parent = fields.line("parent_version_id", Presence::optional, {1, kMostVersionId});
}

namespace {

/// The fields of commits; those of merges have other names and defaults.
void read_commit(BodyFields& fields, CommitInput& input) {
    input.read_common(fields);
    const auto message = fields.any("commit_message", Presence::required);
    if (message) {
        const auto text = fields.nullable_text("commit_message", classroom::kCommitMessage);
        if (text.given && !text.value) {
            fields.refuse("commit_message", "string_type", "Input should be a valid string");
        }
        input.message = text.value.value_or("");
    }
    input.branch = fields.line("branch_name", Presence::optional, classroom::kBranchName)
                       .value_or(std::string(classroom::kMainBranch));
}

}  // namespace

tl::expected<SnapshotCommitInput, Response> SnapshotCommitInput::read(const Request& request) {
    auto fields = fields_of(request, kRowBodyBytes);
    if (!fields) return tl::unexpected(std::move(fields).error());
    SnapshotCommitInput input;
    read_commit(*fields, input);
    input.snapshot_id =
        fields->line("snapshot_id", Presence::required, {1, kMostVersionId}).value_or("");
    return when_good(*fields, std::move(input));
}

tl::expected<DirectCommitInput, Response> DirectCommitInput::read(
    const Request& request, const classroom::ClassLimits& limits) {
    auto fields = fields_of(request, limits.body_bytes);
    if (!fields) return tl::unexpected(std::move(fields).error());
    DirectCommitInput input;
    read_commit(*fields, input);
    input.notebook = read_content(*fields);
    if (auto refusal = too_large_version(notebook::bytes_of(input.notebook), limits)) {
        return tl::unexpected(std::move(*refusal));
    }
    return when_good(*fields, std::move(input));
}

tl::expected<BranchInput, Response> BranchInput::read(const Request& request) {
    auto fields = fields_of(request, kRowBodyBytes);
    if (!fields) return tl::unexpected(std::move(fields).error());
    BranchInput input;
    input.path = read_path(*fields);
    input.name =
        fields->line("branch_name", Presence::required, classroom::kBranchName).value_or("");
    input.from_version_id =
        fields->line("from_version_id", Presence::required, {1, kMostVersionId}).value_or("");
    input.author_id =
        fields->line("author_id", Presence::required, classroom::kAuthorId).value_or("");
    input.description = fields->nullable_text("description", classroom::kDescription).value;
    input.metadata = read_metadata(*fields);
    return when_good(*fields, std::move(input));
}

tl::expected<MergeInput, Response> MergeInput::read(const Request& request) {
    auto fields = fields_of(request, kRowBodyBytes);
    if (!fields) return tl::unexpected(std::move(fields).error());
    MergeInput input;
    input.read_common(*fields);
    input.source_branch =
        fields->line("source_branch", Presence::required, classroom::kBranchName).value_or("");
    input.branch = fields->line("target_branch", Presence::optional, classroom::kBranchName)
                       .value_or(std::string(classroom::kMainBranch));
    input.message =
        fields->nullable_text("commit_message", classroom::kCommitMessage)
            .value.value_or(fmt::format("Merge {} into {}", input.source_branch, input.branch));
    if (const auto value = fields->any("resolutions", Presence::optional);
        value && !value->is_null()) {
        simdjson::dom::object object;
        if (value->get(object) != simdjson::SUCCESS) {
            fields->refuse_inside("resolutions", "", "dict_type",
                                  "Input should be a valid dictionary");
        } else {
            for (const auto field : object) {
                std::string_view side;
                if (field.value.get(side) == simdjson::SUCCESS &&
                    (side == "ours" || side == "theirs")) {
                    input.resolutions[std::string(field.key)] =
                        side == "ours" ? notebook::Side::ours : notebook::Side::theirs;
                    continue;
                }
                std::string place;
                http::append_json_string(place, field.key);
                fields->refuse_inside("resolutions", place, "enum",
                                      "Input should be 'ours' or 'theirs'");
                break;
            }
        }
    }
    return when_good(*fields, std::move(input));
}

}  // namespace cellmon::api
