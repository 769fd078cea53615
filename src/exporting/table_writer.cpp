#include "exporting/table_writer.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "event/json_object.hpp"
#include "sql/connection.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::size_t kBatchRows = 5'000;
constexpr std::chrono::milliseconds kNobodyElse{1'000};

void append_csv_text(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out.append(text);
        return;
    }
    out.push_back('"');
    for (const char c : text) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
}

/// Calls `take` with each column that is written and its place.
template <typename Take>
void each_column(const Table& table, bool pseudonymous, Take take) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (!pseudonymous || !table.columns[i].is_personal) take(table.columns[i], i);
    }
}

std::string csv_title(const Table& table, bool pseudonymous) {
    std::string line;
    each_column(table, pseudonymous, [&](const Column& column, std::size_t) {
        if (!line.empty()) line.push_back(',');
        line.append(column.name);
    });
    return line + "\n";
}

class FileTables final : public TableWriter {
  public:
    FileTables(Format format, bool pseudonymous) : format_(format), pseudonymous_(pseudonymous) {}

    Result<void> open(io::FileSystem& files, const OutputFolder& folder) {
        const std::string_view ending = format_ == Format::csv ? "csv" : "ndjson";
        for (const Table& one : tables()) {
            CELLMON_TRY_ASSIGN(
                OutputFile file,
                OutputFile::create(files, folder.path_of(fmt::format("{}.{}", one.name, ending))));
            // Spreadsheets take a file for UTF-8 by the byte order mark.
            if (format_ == Format::csv) {
                CELLMON_TRY(file.write("\xEF\xBB\xBF" + csv_title(one, pseudonymous_)));
            }
            files_.push_back(std::move(file));
        }
        return {};
    }

    Result<void> write(TableId id, const Row& row) override {
        line_.clear();
        if (format_ == Format::csv) {
            append_csv(line_, table(id), row, pseudonymous_);
        } else {
            append_ndjson(line_, table(id), row, pseudonymous_);
        }
        count(id);
        return files_[static_cast<std::size_t>(id)].write(line_);
    }

    Result<void> close() override {
        for (OutputFile& file : files_)
            CELLMON_TRY(file.close());
        return {};
    }

  private:
    const Format format_;
    const bool pseudonymous_;
    std::vector<OutputFile> files_;
    std::string line_;
};

class SqliteTables final : public TableWriter {
  public:
    explicit SqliteTables(bool pseudonymous) : pseudonymous_(pseudonymous) {}

    Result<void> open(const OutputFolder& folder) {
        CELLMON_TRY_ASSIGN(connection_,
                           sql::open_sqlite(folder.path_of("export.sqlite"), kNobodyElse));
        std::string script;
        for (const Table& one : tables()) {
            std::string columns;
            std::string places;
            std::size_t number = 0;
            each_column(one, pseudonymous_, [&](const Column& column, std::size_t) {
                if (number > 0) columns += ", ";
                columns += fmt::format("\"{}\" {}", column.name, type_of(column.kind));
                places += fmt::format("{}${}", number > 0 ? ", " : "", number + 1);
                ++number;
            });
            script += fmt::format("CREATE TABLE \"{}\" ({});\n", one.name, columns);
            inserts_.push_back(fmt::format("INSERT INTO \"{}\" VALUES ({})", one.name, places));
        }
        CELLMON_TRY(connection_->script(script));
        return connection_->begin(sql::Access::write);
    }

    Result<void> write(TableId id, const Row& row) override {
        values_.clear();
        each_column(table(id), pseudonymous_, [&](const Column&, std::size_t place) {
            values_.push_back(value_of(row.at(place)));
        });
        CELLMON_TRY(connection_->execute(inserts_[static_cast<std::size_t>(id)], values_));
        count(id);
        if (++in_batch_ < kBatchRows) return {};
        in_batch_ = 0;
        CELLMON_TRY(connection_->commit());
        return connection_->begin(sql::Access::write);
    }

    Result<void> close() override {
        CELLMON_TRY(connection_->commit());
        // One file, which any program can read, also where it may not write.
        CELLMON_TRY(connection_->script(
            "CREATE INDEX events_student ON events (student, event_at);"
            "CREATE INDEX executions_student ON executions (student, event_at);"));
        CELLMON_TRY(connection_->run("PRAGMA journal_mode = DELETE"));
        connection_.reset();
        return {};
    }

  private:
    static std::string_view type_of(ColumnKind kind) {
        switch (kind) {
            case ColumnKind::integer:
                return "INTEGER";
            case ColumnKind::real:
                return "REAL";
            case ColumnKind::text:
                break;
        }
        return "TEXT";
    }

    static sql::Value value_of(const Cell& cell) {
        if (const auto* integer = std::get_if<std::int64_t>(&cell)) return {*integer};
        if (const auto* real = std::get_if<double>(&cell)) return {*real};
        if (const auto* text = std::get_if<std::string>(&cell)) return {*text};
        return {};
    }

    const bool pseudonymous_;
    std::unique_ptr<sql::Connection> connection_;
    std::vector<std::string> inserts_;
    std::vector<sql::Value> values_;
    std::size_t in_batch_ = 0;
};

}  // namespace

void append_csv(std::string& out, const Table& one, const Row& row, bool pseudonymous) {
    CELLMON_ASSERT(row.size() == one.columns.size());
    bool first = true;
    each_column(one, pseudonymous, [&](const Column&, std::size_t place) {
        if (!std::exchange(first, false)) out.push_back(',');
        const Cell& cell = row[place];
        if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
            event::append_number(out, *integer);
        } else if (const auto* real = std::get_if<double>(&cell)) {
            event::append_number(out, *real);
        } else if (const auto* text = std::get_if<std::string>(&cell)) {
            append_csv_text(out, *text);
        }
    });
    out.push_back('\n');
}

void append_ndjson(std::string& out, const Table& one, const Row& row, bool pseudonymous) {
    CELLMON_ASSERT(row.size() == one.columns.size());
    event::JsonObject object(out);
    each_column(one, pseudonymous, [&](const Column& column, std::size_t place) {
        const Cell& cell = row[place];
        object.key(column.name);
        if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
            event::append_number(out, *integer);
        } else if (const auto* real = std::get_if<double>(&cell)) {
            event::append_number(out, *real);
        } else if (const auto* text = std::get_if<std::string>(&cell)) {
            event::append_json_string(out, *text);
        } else {
            out.append("null");
        }
    });
    object.end();
    out.push_back('\n');
}

Result<std::unique_ptr<TableWriter>> make_table_writer(Format format, bool pseudonymous,
                                                       io::FileSystem& files,
                                                       const OutputFolder& folder) {
    if (format == Format::sqlite) {
        auto writer = std::make_unique<SqliteTables>(pseudonymous);
        CELLMON_TRY(writer->open(folder));
        return writer;
    }
    auto writer = std::make_unique<FileTables>(format, pseudonymous);
    CELLMON_TRY(writer->open(files, folder));
    return writer;
}

}  // namespace cellmon::exporting
