#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>
#include <tl/expected.hpp>

#include "base/clock.hpp"

namespace cellmon::notebook {

inline constexpr std::size_t kMostCells = 10'000;
inline constexpr std::size_t kMostIdCharacters = 256;

/// A JSON value without spaces, the keys of its objects sorted, the last of several equal ones.
[[nodiscard]] std::string canonical_json(simdjson::dom::element value);

/// What is stored once for all notebooks that hold the same: the fields of a cell that say what it
/// is, or those that say what came of running it. By its SHA-256 in hexadecimal.
struct Content {
    std::string hash;
    std::string json;  ///< An object, canonical but for the order of its fields.

    // Of what a cell is.
    std::string cell_type;  ///< `code`, `markdown` or `raw`; empty: this is a result.
    std::int64_t line_count = 0;
    std::int64_t character_count = 0;
    std::optional<TimeUs> executed_us;  ///< When JupyterLab wrote it down (`recordTiming`).

    std::optional<std::int64_t> execution_count;  ///< Of a result.
};

struct Cell {
    std::string id;
    Content content;  ///< `{"cell_type","source":[…],"metadata"[,"attachments"]}`.

    /// `{"execution_count","outputs"}`; nullopt for null and none.
    std::optional<Content> result;
};

struct Notebook {
    std::string header;  ///< `{"metadata","nbformat","nbformat_minor"}`.
    std::vector<Cell> cells;
};

/// What it takes to store all of it, nothing of which is stored already.
[[nodiscard]] std::size_t bytes_of(const Notebook& notebook);

/// Why something is no notebook.
struct Fault {
    std::string place;  ///< JSON values separated by commas: `"cells",3,"source"`; may be empty.
    std::string type;   ///< As contract §1.3 has them.
    std::string message;
};

/// Reads nbformat 4. `source` may be a text or a list of texts, which come to the same. A cell
/// without an id gets one that is made of what it holds, so that it keeps it while it stays as it
/// is; one with an id that was there before gets another. Fields that are not known are left out.
[[nodiscard]] tl::expected<Notebook, Fault> read_notebook(simdjson::dom::element content);

/// A stored content, taken apart.
struct CellContent {
    std::string type;
    std::string source;
    std::string metadata;     ///< Canonical JSON.
    std::string attachments;  ///< Canonical JSON, or empty.

    /// Of the metadata, what a person sees of the cell: tags, collapsed, scrolled.
    std::string visible;
};
/// Asserts that read_notebook() or content_of() made it.
[[nodiscard]] CellContent parse_content(const std::string& json);

/// What is stored of a cell with these fields.
[[nodiscard]] Content content_of(std::string_view type, std::string_view source,
                                 std::string_view metadata, std::string_view attachments);

}  // namespace cellmon::notebook
