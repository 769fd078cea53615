#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "exporting/output_file.hpp"
#include "io/file_system.hpp"
#include "projection/entry_source.hpp"
#include "sql/connection.hpp"

namespace cellmon::exporting {

/// Where a person's data are.
struct PersonSources {
    projection::EntrySource& journal;
    sql::Connection* classroom = nullptr;   ///< nullptr: there is none.
    sql::Connection* relational = nullptr;  ///< The tables made from events; nullptr: none.
    std::string relational_schema;          ///< Of PostgreSQL, quoted; empty: the connection's own.
};

/// A file of the export.
struct PersonFile {
    std::string name;
    std::uint64_t rows = 0;
    std::string en;
    std::string ja;
};

struct PersonSummary {
    std::vector<PersonFile> files;  ///< Those with rows.
    std::uint64_t events = 0;
    std::uint64_t rows = 0;  ///< Of all files.
    /// Entries of the journal, anybody's, whose content is not kept any more.
    std::uint64_t removed = 0;
};

/// Everything that is stored of the person with this address, in a new folder: a file of NDJSON for
/// each table with rows of theirs, what the live page and the progress of assignments say of them,
/// and pages to read it (index.html, index.ja.html). Other people are not named in it, but where
/// the person wrote of them. Nothing is changed. `progress`: of 1,000. not_found when there is
/// nothing; no folder is made then.
Result<PersonSummary> export_person(std::string_view email, const PersonSources& sources,
                                    const std::string& folder, io::FileSystem& files,
                                    const Clock& clock,
                                    const std::function<void(std::uint64_t)>& progress);

}  // namespace cellmon::exporting
