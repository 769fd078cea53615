#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace cellmon::api {

// Tables for spreadsheets: RFC 4180, UTF-8.
//
// A cell that begins with `=`, `+`, `-`, `@`, one of their wide forms, a tab or the end of a line
// would be a formula to a spreadsheet, which may send what is in the table elsewhere. Such a cell
// is written with a `'` in front, and one that begins with quotes before such a character, too;
// read_csv() takes one `'` off, so that a table which went out comes back as it was.

/// Writes a table row by row. It begins with the byte order mark, without which Excel takes UTF-8
/// for the code page of the machine.
class CsvWriter {
  public:
    CsvWriter() : text_("\xEF\xBB\xBF") {}

    void cell(std::string_view text);
    /// The shortest decimal text; empty for none.
    void cell(std::optional<double> number);
    void end_row();

    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    void begin_cell();
    std::string text_;
    bool row_is_empty_ = true;
};

struct CsvLimits {
    std::size_t rows = 10'000;
    std::size_t columns = 64;
};

struct CsvTable {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::size_t> lines;  ///< Where each row begins in the text, from 1.
};

/// Rows that are empty are left out. ErrorCode::invalid, with the line, for what is no UTF-8, a
/// quote that is not closed or stands within a cell, and NUL; limit for too many rows or columns.
[[nodiscard]] Result<CsvTable> read_csv(std::string_view text, const CsvLimits& limits);

}  // namespace cellmon::api
