#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "notebook/merge.hpp"
#include "notebook/notebook.hpp"
#include "sql/connection.hpp"

// What notebooks held: rows of `notebook_snapshots`, their cells, and `notebook_contents`. Each
// function is a part of the caller's transaction.
namespace cellmon::classroom {

struct Author {
    std::string id;
    std::string name;
};

struct Snapshot {
    std::int64_t id = 0;
    std::string snapshot_id;  ///< 16 hexadecimal digits.
    std::int64_t history_id = 0;
    std::string header;  ///< As notebook::Notebook has it.
    Author author = {};
    TimeUs created_us = 0;

    // Of its cells.
    std::int64_t total_cells = 0;
    std::int64_t total_lines = 0;
    std::int64_t total_characters = 0;
    std::int64_t code_cells = 0;
    std::int64_t markdown_cells = 0;
    std::int64_t execution_count = 0;  ///< The highest; 0: none ran.
    std::optional<TimeUs> last_execution_us = std::nullopt;
};

/// Stores the notebook, or finds that the history holds it already: the same content has one id
/// there. Contents that are stored anywhere are not stored again.
Result<Snapshot> take_snapshot(sql::Connection& connection, std::int64_t history_id,
                               const notebook::Notebook& notebook, const Author& author,
                               TimeUs now);

/// The same for one that was merged of stored ones.
Result<Snapshot> take_snapshot(sql::Connection& connection, std::int64_t history_id,
                               const notebook::Merge& merged, const Author& author, TimeUs now);

/// What all of it comes to before it is packed. Contents from before there was a count are counted
/// in characters.
Result<std::int64_t> bytes_of(sql::Connection& connection, const Snapshot& snapshot);

Result<std::int64_t> count_snapshots(sql::Connection& connection, std::int64_t history_id);

Result<std::optional<Snapshot>> find_snapshot(sql::Connection& connection,
                                              std::string_view snapshot_id);
Result<std::optional<Snapshot>> find_snapshot(sql::Connection& connection, std::int64_t id);
Result<std::vector<Snapshot>> snapshots_of(sql::Connection& connection,
                                           std::span<const std::int64_t> ids);

/// The cells by what they hold, in order.
Result<notebook::NotebookRef> notebook_of(sql::Connection& connection, const Snapshot& snapshot);

/// A cell with all it holds.
struct StoredCell {
    std::string id;
    std::string content;  ///< As notebook::Cell has them.
    std::string result;   ///< Empty: none.
    std::int64_t line_count = 0;
    std::int64_t character_count = 0;
};
Result<std::vector<StoredCell>> cells_of(sql::Connection& connection, const Snapshot& snapshot);

/// The contents with these hashes, taken apart; all must be stored.
Result<notebook::Contents> contents_of(sql::Connection& connection,
                                       std::span<const std::string> hashes);

}  // namespace cellmon::classroom
