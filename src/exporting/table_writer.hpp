#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "exporting/output_file.hpp"
#include "exporting/table.hpp"

namespace cellmon::exporting {

enum class Format : std::uint8_t { csv, ndjson, sqlite };

/// Where rows of an export go. Columns that are personal are left out when `pseudonymous`.
class TableWriter {
  public:
    virtual ~TableWriter() = default;

    virtual Result<void> write(TableId table, const Row& row) = 0;
    /// Everything is on the disk.
    virtual Result<void> close() = 0;

    /// Rows written so far.
    [[nodiscard]] std::uint64_t rows(TableId table) const {
        return rows_[static_cast<std::size_t>(table)];
    }

  protected:
    void count(TableId table) { ++rows_[static_cast<std::size_t>(table)]; }

  private:
    std::array<std::uint64_t, kTableCount> rows_{};
};

/// A file for each table, or one database: `export.sqlite`.
Result<std::unique_ptr<TableWriter>> make_table_writer(Format format, bool pseudonymous,
                                                       io::FileSystem& files,
                                                       const OutputFolder& folder);

/// The row as a line of CSV (RFC 4180, lines end with LF). A text that a spreadsheet would take for
/// a formula stays as it is: it is data.
void append_csv(std::string& out, const Table& table, const Row& row, bool pseudonymous);
/// The row as a JSON object and a line end; what has no value is null.
void append_ndjson(std::string& out, const Table& table, const Row& row, bool pseudonymous);

}  // namespace cellmon::exporting
