#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "exporting/pseudonyms.hpp"
#include "exporting/table_writer.hpp"
#include "io/file_system.hpp"
#include "projection/entry_source.hpp"
#include "sql/database.hpp"

namespace cellmon::exporting {

struct ExportOptions {
    Format format = Format::csv;
    std::optional<Pseudonyms> pseudonyms;   ///< nullopt: names and addresses as they are.
    std::optional<std::string> class_code;  ///< nullopt: all classes.
    std::optional<TimeUs> from_us;          ///< Of the event's time, this one too.
    std::optional<TimeUs> before_us;        ///< This one not any more.
    std::string folder;                     ///< Must not exist.
};

/// What an export came to.
struct ExportSummary {
    std::uint64_t through_sequence = 0;  ///< Of the journal, what was durable when it began.
    std::array<std::uint64_t, kTableCount> rows{};
    std::uint64_t redacted = 0;  ///< Events whose content was erased.
    std::uint64_t removed = 0;   ///< Entries of all classes whose content is not kept any more.
    std::uint64_t server_records = 0;  ///< Records of the server's own, which are left out.
    std::uint64_t unreadable = 0;      ///< Events that this program cannot read.
    bool has_classroom = false;
};

/// Reads the journal twice, beside a server or without one: once for what people are called, once
/// for the rows. `classroom`: nullptr: classes of events are those they name, and there are no
/// submissions. The folder is there when all of it is on the disk. `progress`: of 1,000.
Result<ExportSummary> write_export(const ExportOptions& options, projection::EntrySource& journal,
                                   sql::Database* classroom, io::FileSystem& files,
                                   const std::function<void(std::uint64_t)>& progress);

/// README.md and README.ja.md: what each table and column means, and what was left out.
[[nodiscard]] std::string data_dictionary(const ExportOptions& options,
                                          const ExportSummary& summary, bool japanese);

}  // namespace cellmon::exporting
