#include "api/csv.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <simdjson.h>

#include "event/text.hpp"

namespace cellmon::api {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// What formulas begin with; the wide forms are the same to a Japanese Excel.
constexpr std::array<std::string_view, 11> kFormulaSigns = {"=",  "+",  "-",  "@",  "\t", "\r",
                                                            "\n", "＝", "＋", "－", "＠"};

/// What a spreadsheet would calculate, or would without the quotes in front of it.
bool is_formula(std::string_view cell) {
    cell.remove_prefix(std::min(cell.find_first_not_of('\''), cell.size()));
    return std::any_of(kFormulaSigns.begin(), kFormulaSigns.end(),
                       [&](std::string_view sign) { return cell.starts_with(sign); });
}

/// Reads one text from its beginning to its end.
class Reader {
  public:
    Reader(std::string_view text, const CsvLimits& limits) : rest_(text), limits_(limits) {}

    Result<CsvTable> read() {
        while (!rest_.empty())
            CELLMON_TRY(read_row());
        return std::move(table_);
    }

  private:
    Result<void> read_row() {
        const std::size_t line = line_;
        std::vector<std::string> row;
        while (true) {
            if (row.size() >= limits_.columns) {
                return fail(ErrorCode::limit,
                            fmt::format("line {} has more than {} columns", line, limits_.columns));
            }
            CELLMON_TRY_ASSIGN(std::string cell, read_cell());
            // Ours to take off only where it was put.
            if (cell.starts_with('\'') && is_formula(cell)) cell.erase(0, 1);
            row.push_back(std::move(cell));
            if (!take(',')) break;
        }
        end_line();
        const bool empty =
            std::all_of(row.begin(), row.end(), [](const auto& cell) { return cell.empty(); });
        if (empty) return {};
        if (table_.rows.size() >= limits_.rows) {
            return fail(ErrorCode::limit, fmt::format("there are more than {} rows", limits_.rows));
        }
        table_.rows.push_back(std::move(row));
        table_.lines.push_back(line);
        return {};
    }

    Result<std::string> read_cell() {
        if (!take('"')) {
            const auto end = rest_.find_first_of(",\r\n");
            std::string cell(rest_.substr(0, end));
            if (cell.find('"') != std::string::npos) {
                return fail(ErrorCode::invalid,
                            fmt::format("line {}: a quote within a cell without quotes", line_));
            }
            rest_.remove_prefix(cell.size());
            return cell;
        }
        const std::size_t began = line_;
        std::string cell;
        while (true) {
            const auto quote = rest_.find('"');
            if (quote == std::string_view::npos) {
                return fail(ErrorCode::invalid,
                            fmt::format("line {}: a quote that is not closed", began));
            }
            const std::string_view part = rest_.substr(0, quote);
            line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
            cell += part;
            rest_.remove_prefix(quote + 1);
            if (!take('"')) break;
            cell += '"';
        }
        if (!rest_.empty() && std::string_view(",\r\n").find(rest_.front()) == rest_.npos) {
            return fail(ErrorCode::invalid,
                        fmt::format("line {}: text behind the end of a quoted cell", line_));
        }
        return cell;
    }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void end_line() {
        take('\r');
        take('\n');
        ++line_;
    }

    std::string_view rest_;
    const CsvLimits limits_;
    std::size_t line_ = 1;
    CsvTable table_;
};

}  // namespace

void CsvWriter::begin_cell() {
    if (!row_is_empty_) text_ += ',';
    row_is_empty_ = false;
}

void CsvWriter::cell(std::string_view text) {
    begin_cell();
    std::string guarded;
    if (is_formula(text)) {
        guarded = "'" + std::string(text);
        text = guarded;
    }
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        text_ += text;
        return;
    }
    text_ += '"';
    for (const char c : text) {
        if (c == '"') text_ += '"';
        text_ += c;
    }
    text_ += '"';
}

void CsvWriter::cell(std::optional<double> number) {
    begin_cell();
    if (number) event::append_number(text_, *number);
}

void CsvWriter::end_row() {
    text_ += "\r\n";
    row_is_empty_ = true;
}

Result<CsvTable> read_csv(std::string_view text, const CsvLimits& limits) {
    if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
    if (!simdjson::validate_utf8(text.data(), text.size())) {
        return fail(ErrorCode::invalid,
                    "the text is not UTF-8; in Excel, save it as \"CSV UTF-8\"");
    }
    if (text.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::invalid, "the text holds a NUL");
    }
    return Reader(text, limits).read();
}

}  // namespace cellmon::api
