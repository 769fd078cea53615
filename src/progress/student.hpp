#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "live/order_key.hpp"
#include "live/student_facts.hpp"

namespace cellmon::progress {

using live::Latest;
using live::OrderKey;

/// Contract §3.15's `execution_status`.
enum class CellStatus : std::uint8_t { pending, running, completed, error, cancelled };
[[nodiscard]] std::string_view name_of(CellStatus status);

/// How a run of a cell ended.
struct Run {
    CellStatus outcome = CellStatus::completed;  ///< Completed, error or cancelled.
    std::int64_t duration_us = 0;                ///< 0: unknown.
    std::string error_message;
    std::string error_type;
    std::int64_t output_length = 0;   ///< Characters.
    std::optional<double> memory_mb;  ///< As the client told it.

    bool operator==(const Run&) const = default;
};

/// What the journal says of one cell of an assignment. As all facts below, whatever the order in
/// which the entries came.
struct Cell {
    std::string id;
    Latest<std::int64_t> index{-1, {}};
    Latest<std::string> type;
    Latest<std::int64_t> code_lines;
    Latest<CellStatus> status;  ///< Of the newest that happened; its key is never unset.
    Latest<Run> run;            ///< The newest that ended.
    std::uint64_t runs = 0;     ///< That ended.
    bool is_completed = false;  ///< Some run was good; a later failure does not take it back.

    [[nodiscard]] bool has_error() const {
        return run.key.set() && run.value.outcome == CellStatus::error;
    }
    bool operator==(const Cell&) const = default;
};

struct Assignment {
    std::string id;
    Latest<std::string> name;
    Latest<std::string> notebook;
    OrderKey first;
    OrderKey last;
    std::vector<Cell> cells;  ///< By id.
    std::uint8_t told = 0;    ///< Bit i: milestone i was told.

    bool operator==(const Assignment&) const = default;
};

enum class NoteKind : std::uint8_t { error, milestone, completion };

/// Something that somebody should hear of. It is made once, by the entry after which it came true.
struct Note {
    std::string id;  ///< Of the entry and the kind, so the same behind every rebuild.
    NoteKind kind = NoteKind::error;
    bool to_instructors = false;  ///< Else to the student.
    std::string user_id;
    std::string assignment_id;
    std::string cell_id;      ///< Of an error.
    std::string error;        ///< Of an error; may be empty.
    unsigned percentage = 0;  ///< Of a milestone.
    TimeUs created_us = 0;    ///< By the server's clock.
    bool is_read = false;

    bool operator==(const Note&) const = default;
};

using NotePtr = std::shared_ptr<const Note>;
using Notes = std::vector<NotePtr>;  ///< The oldest first.

/// One student's progress; immutable for everybody but the fold.
struct Student {
    std::string email;
    Latest<std::string> name;
    Latest<std::string> session;
    OrderKey first;
    OrderKey last;
    std::uint64_t events = 0;             ///< That counted.
    std::uint64_t notes_made = 0;         ///< To whomever.
    std::vector<Assignment> assignments;  ///< By id.
    Notes notes;                          ///< To the student.

    [[nodiscard]] const Assignment* find(std::string_view assignment_id) const;
};

using StudentPtr = std::shared_ptr<const Student>;

}  // namespace cellmon::progress
