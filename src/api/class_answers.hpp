#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "api/class_json.hpp"
#include "api/class_visit.hpp"
#include "auth/token.hpp"

namespace cellmon::api {

// The answers that all resources of classes share.

/// By which the client knows the row in this version. What is late may change without the row, by
/// the due date.
template <typename Row>
[[nodiscard]] std::string tag_of(const Row& row) {
    return version_tag(row.version);
}
[[nodiscard]] inline std::string tag_of(const classroom::Submission& row) {
    std::string tag = version_tag(row.version);
    if (row.is_late) tag.insert(tag.size() - 1, "-late");
    return tag;
}

/// 200 with the row, or 304.
template <typename Row>
[[nodiscard]] RowAnswer row_answer(const Visit& visit, const Row& row) {
    return answered(tagged(visit.request, json_of(row), tag_of(row)));
}

/// A row that was made or changed.
template <typename Row>
[[nodiscard]] RowAnswer written_answer(unsigned status, const Row& row) {
    http::Response response = http::json_response(status, json_of(row));
    response.headers.emplace_back("ETag", tag_of(row));
    return answered(std::move(response));
}

/// 200 with what no version counts, known by its content; or 304.
[[nodiscard]] inline RowAnswer content_answer(const Visit& visit, std::string json) {
    std::string tag = '"' + auth::hash_of_token(json).substr(0, 32) + '"';
    return answered(tagged(visit.request, std::move(json), std::move(tag)));
}

/// 200 with the rows, or 304.
template <typename Row>
[[nodiscard]] RowAnswer list_answer(const Visit& visit, const std::vector<Row>& rows) {
    return content_answer(visit, list_json(rows));
}

/// Leaves the function with `answer` when `result` failed in that way, with its error when it
/// failed in another.
#define CELLMON_ROWS(result, kind, answer)                                       \
    do {                                                                         \
        auto&& cellmon_rows = (result);                                          \
        if (!cellmon_rows && cellmon_rows.error().code == (kind)) return answer; \
        CELLMON_TRY(cellmon_rows);                                               \
    } while (false)

}  // namespace cellmon::api
