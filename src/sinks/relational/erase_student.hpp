#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "journal/redactions.hpp"
#include "sinks/relational/store.hpp"

namespace cellmon::relational {

/// What erase_student() found and removed.
struct ErasedRows {
    std::uint64_t students = 0;  ///< Rows of the registry with that address, however it is written.
    std::uint64_t events = 0;    ///< That keep their place, and nothing else.
    std::uint64_t dead_letters =
        0;  ///< Listed ones. Their place is right only in tables made anew.
};

/// Removes a student from the event tables and the registry, so that they are as a rebuild from the
/// journal would make them whose payloads stand in `redactions`, those of the student among them:
/// an event keeps sequence, id, hash and time of receipt. Notebooks, cells and teams that nobody
/// else has named go, too. Each address that is written otherwise in capital letters (ASCII) is the
/// same one. A shadow that is being built is dropped.
///
/// Of items in quarantine and dead letters in front of `first_kept`, whose content retention has
/// removed from the journal, those that name the address lose theirs, too.
///
/// One transaction; may be called again. No projection is at work meanwhile: what it remembers of
/// the registry would not be there any more. A store that does not exist holds nothing.
Result<ErasedRows> erase_student(Store& store, std::string_view email,
                                 const journal::Redactions& redactions,
                                 std::uint64_t first_kept = 1);

/// Writes the files of the store anew, so that no byte of a row that was deleted is left in them.
/// Waits until nobody reads what is older.
Result<void> sweep(Store& store);

/// How many rows of each kind name the address; empty text for none: `students 1, quarantine 2`.
Result<std::string> rows_naming(Store& store, std::string_view email);

}  // namespace cellmon::relational
