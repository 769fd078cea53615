#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "api/class_visit.hpp"
#include "classroom/notebook_histories.hpp"
#include "classroom/notebook_versions.hpp"

namespace cellmon::api {

// Whose notebooks are whose, and who may see them. A history belongs to an address: that of whoever
// made it. Who teaches a student reads theirs; nobody else does, but for an admin, and for
// everybody where nobody has to say who they are.

/// What the caller may do with the notebooks of an owner.
enum class Hold : std::uint8_t { none, read, write };

Result<Hold> hold_on(const Visit& visit, std::string_view owner);

/// The owner that the query names, in small letters; else the caller, or nobody (empty). The error
/// is 422.
[[nodiscard]] tl::expected<std::string, http::Response> owner_of(const Visit& visit);

/// Of lists and sums.
[[nodiscard]] classroom::HistoryScope histories_of(const Visit& visit);

template <typename Row>
using Held = Result<tl::expected<Row, http::Response>>;

// Each 404 for what is not there, or is not for the caller; 403 for what they may only read.

/// The history of a path, of the owner that the request names.
Held<classroom::NotebookHistory> held_history(const Visit& visit, std::string_view path,
                                              Hold least);

/// The same, made when it is not there.
Held<classroom::NotebookHistory> history_to_write(const Visit& visit, std::string_view path);

struct HeldVersion {
    classroom::Version version;
    classroom::NotebookHistory history;
};
Held<HeldVersion> held_version(const Visit& visit, std::string_view version_id, Hold least);

struct HeldSnapshot {
    classroom::Snapshot snapshot;
    classroom::NotebookHistory history;
};
Held<HeldSnapshot> held_snapshot(const Visit& visit, std::string_view snapshot_id, Hold least);

struct HeldBranch {
    classroom::Branch branch;
    classroom::NotebookHistory history;
};
Held<HeldBranch> held_branch(const Visit& visit, std::string_view branch_id, Hold least);

/// `CELLMON_HELD(const auto version, held_version(…));` declares it, or leaves with the refusal.
#define CELLMON_HELD(declaration, expression)                                               \
    auto CELLMON_CONCAT(cellmon_held_, __LINE__) = (expression);                            \
    if (!CELLMON_CONCAT(cellmon_held_, __LINE__)) {                                         \
        return ::cellmon::fail(std::move(CELLMON_CONCAT(cellmon_held_, __LINE__)).error()); \
    }                                                                                       \
    if (!*CELLMON_CONCAT(cellmon_held_, __LINE__)) {                                        \
        return ::cellmon::api::refused(                                                     \
            std::move(*CELLMON_CONCAT(cellmon_held_, __LINE__)).error());                   \
    }                                                                                       \
    declaration = std::move(**CELLMON_CONCAT(cellmon_held_, __LINE__))

}  // namespace cellmon::api
